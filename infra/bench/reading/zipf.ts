/**
 * Draws numbers from 0 to `count` - 1 of which the n-th comes 1/n times as often as the first (Zipf's law with exponent 1): what
 * readers of a catalogue ask for. `random` answers numbers from 0 to below 1.
 */
export function zipf(count: number, random: () => number): () => number {
  const cumulated = new Float64Array(count)
  let sum = 0
  for (let index = 0; index < count; index += 1) {
    sum += 1 / (index + 1)
    cumulated[index] = sum
  }
  return () => {
    const wanted = random() * sum
    let [low, high] = [0, count - 1]
    while (low < high) {
      const middle = (low + high) >> 1
      if ((cumulated[middle] as number) <= wanted) low = middle + 1
      else high = middle
    }
    return low
  }
}
