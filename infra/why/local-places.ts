import type { DevelopmentPorts } from '@spillway/edge/dev/development'
import { issuerPaths } from '@spillway/edge/dev/issuer'
import { keptControlEntries } from '@spillway/edge/dev/kept-control'
import { keptLogFile } from '../local/kept-log.ts'
import type { Places } from './observe.ts'

/** Addresses and files of the stack that `npm start` runs. */
export function localPlaces(ports: DevelopmentPorts): Places {
  const local = (port: number) => `http://127.0.0.1:${port}`
  return {
    edgeUrl: local(ports.edge),
    originUrls: [local(ports.origin)],
    keySetUrls: [local(ports.issuer) + issuerPaths.keys],
    edgeLog: keptLogFile('edge'),
    originLogs: [keptLogFile('origin')],
    control: keptControlEntries,
  }
}
