/** A measured quantity and its limit. */
export interface Bar {
  readonly name: string
  readonly limit: number
  /** `>=`: at least the limit; `<=`: at most. */
  readonly holds: '>=' | '<='
}

export interface Measured {
  readonly bar: Bar
  readonly value: number
  /** The same figure of a program that does only what is unavoidable, measured in the same run. */
  readonly floor?: number
}

export const holds = ({ bar, value }: Measured): boolean =>
  bar.holds === '>=' ? value >= bar.limit : value <= bar.limit

/** The last lines of every measuring command: `bar: NAME MEASURED (>= LIMIT) pass|fail`, and `, floor VALUE` if any. */
export const barLine = (measured: Measured): string => {
  const { bar, value, floor } = measured
  const verdict = holds(measured) ? 'pass' : 'fail'
  const least = floor === undefined ? '' : `, floor ${short(floor)}`
  return `bar: ${bar.name} ${short(value)} (${bar.holds} ${bar.limit}) ${verdict}${least}`
}

const short = (value: number): number => Number(value.toFixed(2))

/** Prints the bars and sets the exit code to 1 when one fails. */
export function reportBars(measurements: readonly Measured[]): void {
  for (const measured of measurements) console.log(barLine(measured))
  if (!measurements.every(holds)) process.exitCode = 1
}
