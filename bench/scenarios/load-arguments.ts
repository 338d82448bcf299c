import { readFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import type { Catalogue } from '@spillway/origin/contract'
import { applicationOption, chooseApplication } from '../measure/application-option.ts'
import type { Bounds } from './bounds.ts'
import { findScenario, scenarioNames } from './catalogue.ts'
import { loadOf } from './load-of.ts'
import { lasting, type Scenario, scaledBy } from './scenario.ts'

/** Arguments of both drivers. */
export interface LoadArguments {
  /** Scenario at the requested scale and length. */
  readonly scenario: Scenario
  /** Application that is loaded. */
  readonly application: string
  readonly resources: Catalogue
  readonly scale: number
  readonly target?: string
  readonly iOwnThisTarget: boolean
  readonly bounds: Partial<Bounds>
  readonly tokens: readonly string[]
  readonly seed: number
  readonly out?: string
}

/** Largest share of the story that two cores carry, with driver, edge, origin and database: 1/200. */
export const localScale = 1 / 200

export const loadUsage = (command: string): string => `Usage: npm run ${command} -- SCENARIO [options]

  SCENARIO             ${scenarioNames.join(', ')}
  --application FOLDER another application than the repository's, e.g. bench/marketplace
  --target URL         what to load; without it, the whole stack is started on this machine
  --scale N            of the users and documents of the full scenario (default ${localScale})
  --seconds N          stretch or shorten it to this long
  --tokens FILE        bearer tokens, one a line and a subject; without them, what needs one is left out
  --seed N             the same seed asks for the same
  --out FILE           the report as JSON
  --i-own-this-target  load a target that is not this machine
  --rate-max N         allow more requests a second than 2,000
  --seconds-max N      allow a longer run than 900 s
`

/** @throws Error that names the mistake */
export async function parseLoadArguments(args: readonly string[]): Promise<LoadArguments> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      ...applicationOption,
      target: { type: 'string' },
      scale: { type: 'string' },
      seconds: { type: 'string' },
      tokens: { type: 'string' },
      seed: { type: 'string' },
      out: { type: 'string' },
      'i-own-this-target': { type: 'boolean', default: false },
      'rate-max': { type: 'string' },
      'seconds-max': { type: 'string' },
    },
  })
  const scale = values.scale === undefined ? localScale : positive('--scale', values.scale)
  const { application, tools } = await chooseApplication(values.application)
  const full = scaledBy(findScenario(positionals[0], loadOf(application, tools)), scale)
  return {
    scenario:
      values.seconds === undefined ? full : lasting(full, positive('--seconds', values.seconds) * 1000),
    application: values.application,
    resources: application.resources,
    scale,
    ...(values.target !== undefined && { target: values.target }),
    iOwnThisTarget: values['i-own-this-target'],
    bounds: {
      ...(values['rate-max'] !== undefined && {
        requestsPerSecondMax: positive('--rate-max', values['rate-max']),
      }),
      ...(values['seconds-max'] !== undefined && {
        durationMsMax: positive('--seconds-max', values['seconds-max']) * 1000,
      }),
    },
    tokens: values.tokens === undefined ? [] : await readTokens(values.tokens),
    seed: values.seed === undefined ? 1 : positive('--seed', values.seed),
    ...(values.out !== undefined && { out: values.out }),
  }
}

/** A number, or a fraction such as 1/60. */
function positive(flag: string, text: string): number {
  const [numerator, denominator = '1', ...rest] = text.split('/')
  const value = Number(numerator) / Number(denominator)
  if (rest.length === 0 && Number.isFinite(value) && value > 0) return value
  throw new Error(`${flag} ${text}: must be a number above 0`)
}

async function readTokens(file: string): Promise<readonly string[]> {
  const lines = (await readFile(file, 'utf8')).split('\n').map((line) => line.trim())
  const tokens = lines.filter((line) => line !== '' && !line.startsWith('#'))
  if (tokens.length === 0) throw new Error(`${file} holds no token`)
  return tokens
}
