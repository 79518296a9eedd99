// @ts-check

/**
 * @typedef {object} Failpoint
 * @property {string} method Of the object that is wrapped; `*` = any but `close`.
 * @property {number} call Which call of it, from 1.
 * @property {'before' | 'after'} when `after`: what the call does is done, but the caller never learns of it.
 */

/**
 * The same object, with `act` called at one call of one method. `act` ends the process or throws.
 * @template {object} T
 * @param {T} target
 * @param {Failpoint} failpoint
 * @param {() => void} act
 * @returns {T}
 */
export function withFailpoint(target, { method, call, when }, act) {
  let calls = 0;
  return new Proxy(target, {
    get(object, property) {
      const value = Reflect.get(object, property);
      const isMeant = method === '*' ? property !== 'close' : property === method;
      if (typeof value !== 'function' || !isMeant) return value;
      return (/** @type {unknown[]} */ ...parameters) => {
        calls += 1;
        const isIt = calls === call;
        if (isIt && when === 'before') act();
        const result = Reflect.apply(value, object, parameters);
        if (!isIt || when === 'before') return result;
        if (!(result instanceof Promise)) act();
        return result.then((/** @type {unknown} */ settled) => {
          act();
          return settled;
        });
      };
    },
  });
}
