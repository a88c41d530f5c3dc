/** URLs of which it is remembered what they mean, so that each is read and checked once; and how long one may be for that. */
export const rememberedUrls = 10_000
export const rememberedUrlLength = 512
