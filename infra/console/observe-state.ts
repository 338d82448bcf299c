import { observe, type Places } from '../why/observe.ts'
import { observeStage, stagePeriods } from '../why/stage/observe-stage.ts'
import type { StageReaders } from '../why/stage/stage-readers.ts'
import { type ConsoleState, consoleState } from './state.ts'

const seconds = 60

/** Time between the two scrapes of each origin, in ms. */
const scrapesMs = 1_000

/** Observes a stack on this machine. Takes about a second. */
export async function observeState(places: Places): Promise<ConsoleState> {
  const { signs, lines } = await observe(places, { windowMs: seconds * 1_000, scrapesMs })
  return consoleState(signs, lines, { place: 'this machine', nowMs: Date.now(), seconds })
}

/** Observes a deployed stage, with some seconds for the query of its log. Figures are one to two minutes old. */
export async function observeStageState(
  stage: string,
  { places, aws, cloudflare }: StageReaders,
): Promise<ConsoleState> {
  const [{ signs, lines }, groups, edgeVersions] = await Promise.all([
    observeStage(places, { aws, cloudflare }),
    // A failure that they share with the signs is reported there.
    aws.groups().catch(() => []),
    cloudflare.versions(places.worker).catch(() => []),
  ])
  return consoleState(signs, lines, {
    ...{
      place: `stage ${stage}`,
      nowMs: Date.now(),
      seconds: stagePeriods.windowMs / 1_000,
      stepSeconds: 60,
    },
    deployment: { groups, edgeVersions },
  })
}
