/** What a compiler makes of decorators on a class and its methods. */
export function decorate(type, ofClass, ofMethods = {}) {
  for (const [name, decorators] of Object.entries(ofMethods)) {
    Reflect.decorate(decorators, type.prototype, name, Object.getOwnPropertyDescriptor(type.prototype, name))
  }
  Reflect.decorate(ofClass, type)
}
