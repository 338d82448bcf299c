import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { localFolder } from '@spillway/origin/dev/folders'
import { type DevelopmentPorts, developmentPorts, portVariables } from './development.ts'

/** Variables with the ports of a running `npm start`. */
const file = join(localFolder, 'ports.json')

/** Keeps the ports of `npm start` until it ends, so that the commands beside it need not be told. */
export function keepPorts(ports: DevelopmentPorts): () => Promise<void> {
  const variables = {
    [portVariables.edge]: String(ports.edge),
    [portVariables.origin]: String(ports.origin),
    [portVariables.issuer]: String(ports.issuer),
  }
  mkdirSync(localFolder, { recursive: true })
  writeFileSync(file, JSON.stringify(variables))
  return () => rm(file, { force: true })
}

/**
 * Ports of the `npm start` that runs in this folder, of the variables where they are set, or else the usual ones.
 *
 * @throws Error that names each variable that is no port number or repeats another one's port
 */
export function runningPorts(env: NodeJS.ProcessEnv): DevelopmentPorts {
  const told = Object.entries(env).filter(([, value]) => value !== '')
  return developmentPorts({ ...keptVariables(), ...Object.fromEntries(told) })
}

function keptVariables(): NodeJS.ProcessEnv {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    // Nothing runs here.
    return {}
  }
}
