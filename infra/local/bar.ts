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
}

export const holds = ({ bar, value }: Measured): boolean =>
  bar.holds === '>=' ? value >= bar.limit : value <= bar.limit

/**
 * `bar: NAME MEASURED (>= LIMIT) pass
 * fail`: the last lines of every measuring command.
 */
export const barLine = (measured: Measured): string => {
  const { bar, value } = measured
  const verdict = holds(measured) ? 'pass' : 'fail'
  return `bar: ${bar.name} ${Number(value.toFixed(2))} (${bar.holds} ${bar.limit}) ${verdict}`
}

/** Prints the bars and sets the exit code to 1 when one fails. */
export function reportBars(measurements: readonly Measured[]): void {
  for (const measured of measurements) console.log(barLine(measured))
  if (!measurements.every(holds)) process.exitCode = 1
}
