/**
 * Makes a value once, and again when the clock has been set back since the last call. An isolate keeps everything until
 * an instant. After a step back, those instants are too late: old answers, revocations and key sets would still count
 * as fresh, and refusals and an open breaker would last, for as long as the step. A new value costs only an empty
 * cache.
 *
 * @param now epoch milliseconds
 * @param toleranceMs longest step back that is ignored, such as a correction by NTP. @default 1 000
 */
export function untilSetBack<Argument, Value>(
  make: (argument: Argument) => Value,
  now: () => number,
  toleranceMs = 1_000,
): (argument: Argument) => Value {
  let made: { readonly value: Value } | undefined
  let lastMs = Number.NEGATIVE_INFINITY
  return (argument) => {
    const nowMs = now()
    if (made === undefined || nowMs < lastMs - toleranceMs) made = { value: make(argument) }
    lastMs = nowMs
    return made.value
  }
}
