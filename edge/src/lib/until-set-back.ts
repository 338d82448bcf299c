/**
 * Makes a value once, and anew when the clock has been set back since the last call. All that an isolate remembers is
 * kept until an instant, or for a time from one: answers, revocations and key sets would count as new, refusals and a
 * closed origin would last, for as long as the clock was set back by. To begin anew costs an empty cache.
 *
 * @param now epoch milliseconds
 * @param toleranceMs steps of a clock that is merely kept right. @default 1 000
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
