import { setTimeout as sleep } from 'node:timers/promises'
import { diagnose } from '@spillway/infra/why/diagnose'
import { observe, type Places } from '@spillway/infra/why/observe'

/** First cause that `npm run why` named at one moment. */
export interface Diagnosis {
  readonly atMs: number
  /** Name of the first cause; `healthy` if there was none. */
  readonly cause: string
}

const everyMs = 100
/**
 * About the time between the scrapes, so that the log and the metrics tell of the same moment. `npm run why` looks back a
 * minute, because a person may come late.
 */
const windowMs = 2_000
const scrapesMs = 1_500

/** Asks again and again why requests fail, of what has been seen since the incident, until the signal. */
export async function diagnoseUntil(
  places: Places,
  { fromMs, signal, diagnoses }: DiagnosingOptions,
): Promise<void> {
  while (!signal.aborted) {
    const { signs } = await observe(places, {
      windowMs: Math.min(windowMs, Date.now() - fromMs),
      scrapesMs,
    })
    diagnoses.push({ atMs: Date.now(), cause: diagnose(signs)[0]?.cause.name ?? 'healthy' })
    await sleep(everyMs, undefined, { signal }).catch(() => undefined)
  }
}

export interface DiagnosingOptions {
  readonly fromMs: number
  readonly signal: AbortSignal
  /** Receives each diagnosis. */
  readonly diagnoses: Diagnosis[]
}

/** Share of the diagnoses in which a cause is named that is not chance: one slow request is seen for a while. */
const namedShare = 1 / 3

/** The cause that was named first most often; `healthy` where hardly any was. */
export function prevailing(diagnoses: readonly Diagnosis[]): string {
  const named = diagnoses.filter(({ cause }) => cause !== 'healthy')
  const [most] = [...Map.groupBy(named, ({ cause }) => cause)].toSorted(
    ([, one], [, other]) => other.length - one.length,
  )
  return most === undefined || most[1].length < namedShare * diagnoses.length ? 'healthy' : most[0]
}
