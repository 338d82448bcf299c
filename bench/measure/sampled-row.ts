import { type Metric, orNull, type Row } from './result.ts'

/** Unit of each metric, and whether higher or lower is better. */
export type Units<Name extends string> = Readonly<Record<Name, Pick<Metric, 'unit' | 'better'>>>

/** Figures of one repetition. `limitedBy` is set if the driver was the limit. */
export type Sampled<Name extends string> = Readonly<Record<Name, number>> & { readonly limitedBy?: string }

/** All repetitions of one subject in one case, in the form of a result; `NaN`: not measured. */
export function sampledRow<Name extends string>(
  { case: name, subject }: Pick<Row, 'case' | 'subject'>,
  units: Units<Name>,
  samples: readonly Sampled<NoInfer<Name>>[],
): Row {
  // The cast is safe: the object has no other keys.
  const metrics = (Object.keys(units) as Name[]).map((metric): [Name, Metric] => {
    const { unit, better } = units[metric]
    return [metric, { unit, better, samples: samples.map((sample) => orNull(sample[metric])) }]
  })
  const notes = [...new Set(samples.flatMap(({ limitedBy }) => limitedBy ?? []))]
  return { case: name, subject, metrics: Object.fromEntries(metrics), ...(notes.length > 0 && { notes }) }
}
