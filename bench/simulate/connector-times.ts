import { readFileSync } from 'node:fs'
import { type Static, Type } from 'typebox'
import { Value } from 'typebox/value'

/** CPU of a connector, as `bench -- tunnel` measures it: all that the simulation knows of its speed. */
const ConnectorTimes = Type.Object({
  source: Type.String(),
  date: Type.String({ format: 'date' }),
  cloudflared: Type.String({ description: 'Version.' }),
  protocol: Type.String({ description: 'Towards Cloudflare.' }),
  standingShare: Type.Number({ minimum: 0, maximum: 0.5, description: 'Share of a core near no load.' }),
  cpuUs: Type.Number({ exclusiveMinimum: 0, description: 'CPU that each request adds, µs.' }),
  deployedFactor: Type.Number({
    minimum: 1,
    description: 'CPU a request as deployed, over the measured one. Assumed.',
  }),
})
export type ConnectorTimes = Static<typeof ConnectorTimes>

const file = new URL('connector-times.json', import.meta.url)

/** @throws Error that names the first place that does not fit */
export function readConnectorTimes(): ConnectorTimes {
  const value: unknown = JSON.parse(readFileSync(file, 'utf8'))
  if (Value.Check(ConnectorTimes, value)) return value
  const [first] = Value.Errors(ConnectorTimes, value)
  throw new Error(`${file}: ${first?.instancePath ?? '/'} ${first?.message ?? ''}`)
}

/**
 * Requests/s of a connector with one processor, as deployed.
 *
 * @param share of its processor that is in use. @default all of it
 */
export const connectorPerSecond = (
  { cpuUs, deployedFactor, standingShare }: ConnectorTimes,
  share = 1,
): number => ((share - standingShare) * 1e6) / (cpuUs * deployedFactor)
