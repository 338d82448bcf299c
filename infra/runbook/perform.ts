import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { messageOf } from '@spillway/origin/dev/message-of'
import type { Command } from './command.ts'
import { Refusal } from './runbook.ts'

export interface Performer {
  /** Root of the checkout whose programs are run. */
  readonly root: string
  readonly env: NodeJS.ProcessEnv
  /** Ends the program that is running. */
  readonly kill?: AbortSignal
  readonly print: (text: string) => void
}

/**
 * Runs one command to its end.
 * @throws {Refusal} when it fails, with its own words
 */
export async function perform(command: Command, performer: Performer): Promise<void> {
  if (command.kind === 'program') {
    const output = await runProgram(command.argv, command.folder, performer)
    command.keep?.(output)
    return
  }
  try {
    await command.send()
  } catch (cause) {
    throw new Refusal(`${command.operation}: ${messageOf(cause)}`, { cause })
  }
}

/**
 * Runs a program of the lockfile, or of the machine, and returns what it prints. It has a process group of its own: a
 * Ctrl-C in the terminal stops the runbook after this step, and does not cut the program off in the middle of it.
 *
 * @param folder below the checkout
 * @throws {Refusal} when it cannot be started or does not exit with 0
 */
export function runProgram(
  [name, ...words]: readonly [string, ...string[]],
  folder: string | undefined,
  { root, env, kill, print }: Performer,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(name, words, {
      cwd: join(root, folder ?? ''),
      detached: true,
      ...(kill !== undefined && { signal: kill }),
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...env, ...quiet, PATH: `${join(root, 'node_modules/.bin')}:${env.PATH}` },
    })
    let output = ''
    let errors = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text
      print(text)
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      errors += text
      print(text)
    })
    child.once('error', (cause) => reject(new Refusal(`${name}: ${cause.message}`, { cause })))
    child.once('close', (code, signal) => {
      if (code === 0) return resolve(output)
      reject(new Refusal(`${name} ended with ${code ?? signal}: ${lastWords(`${output}\n${errors}`)}`))
    })
  })
}

/** Neither program asks questions: the runbook has asked, and its checks decide. */
const quiet = {
  CI: 'true',
  NO_COLOR: '1',
  FORCE_COLOR: '0',
  WRANGLER_SEND_METRICS: 'false',
  // Its banner asks the registry for a newer version.
  WRANGLER_HIDE_BANNER: 'true',
  CDK_DISABLE_CLI_TELEMETRY: 'true',
}

/** The last lines that a program printed: enough to tell what was wrong. */
const lastWords = (text: string): string => text.trim().split('\n').slice(-12).join('\n')
