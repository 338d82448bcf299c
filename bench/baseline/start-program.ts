import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describeExit, startChild } from '@spillway/origin/dev/child'
import { serverFlags } from '@spillway/origin/dev/server-flags'
import { portOfLine } from '../peers/settings.ts'
import { type BaselineSettings, settingsVariable } from './baseline-settings.ts'

const startTimeoutMs = 60_000

/** Starts a program of this folder. @returns its base URL. @throws Error with its last lines when it does not listen */
export async function startProgram<Settings extends BaselineSettings>(
  file: string,
  settings: Settings,
  { closing, logFile }: { readonly closing: AsyncDisposableStack; readonly logFile: string },
): Promise<string> {
  const { promise: listening, resolve } = Promise.withResolvers<number>()
  const child = await startChild({
    name: file,
    command: process.execPath,
    args: [...serverFlags, '--disable-warning=ExperimentalWarning', join(import.meta.dirname, file)],
    env: { ...process.env, NODE_ENV: 'production', [settingsVariable]: JSON.stringify(settings) },
    logFile,
    onLine: (line) => {
      const port = portOfLine(line)
      if (port !== undefined) resolve(port)
    },
  })
  closing.defer(async () => void (await child.stop(2_000)))
  const port = await Promise.race([listening, child.exited, sleep(startTimeoutMs, undefined, { ref: false })])
  if (typeof port === 'number') return `http://127.0.0.1:${port}`
  throw new Error(`${file} ${port === undefined ? 'does not listen' : describeExit(port)}:\n${child.tail()}`)
}
