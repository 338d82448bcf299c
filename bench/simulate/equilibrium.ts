/** Ratio of two slowdowns that are not told apart. */
const step = 1.25

/** Answer of the origins at a slowdown of the database, and the slowdown that their answers cause. */
export interface Trial<Answer> {
  readonly answer: Answer
  readonly slowdown: number
}

/**
 * Answer of origins and database to each other within a second. The more the origins answer, the slower is the
 * database, and the fewer they answer; both hear of it in milliseconds. Steps of a second in which each hears of the
 * other's last one would swing between an idle database and a full one.
 *
 * @param idle slowdown at which the second begins
 * @param respond answers of the origins, which are fewer at a higher slowdown
 */
export function inEquilibrium<Answer>(idle: number, respond: (slowdown: number) => Trial<Answer>): Answer {
  const first = respond(idle)
  if (first.slowdown <= idle * step) return first.answer
  let [low, high] = [idle, first.slowdown]
  let found = respond(high)
  while (high > low * step) {
    const middle = Math.sqrt(low * high)
    const trial = respond(middle)
    if (trial.slowdown > middle) low = middle
    else [high, found] = [middle, trial]
  }
  return found.answer
}
