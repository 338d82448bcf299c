import { join } from 'node:path'
import { createInterface } from 'node:readline/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { Journal } from './journal.ts'
import { Refusal } from './runbook.ts'
import type { Terminal } from './runner.ts'

/**
 * The terminal of a person who runs a program of operation, with a record in `.spillway/runbooks`. The first Ctrl-C
 * stops after the step that is running, the second ends its command.
 */
export function openTerminal(
  root: string,
  name: string,
): { readonly terminal: Terminal; readonly journal: Journal } {
  const journal = new Journal(join(root, '.spillway', 'runbooks'), name, Date.now)
  const stop = new AbortController()
  const kill = new AbortController()
  process.on('SIGINT', () => {
    if (stop.signal.aborted) kill.abort()
    else console.log('\nstops after this step; once more ends its command at once')
    stop.abort()
  })
  const terminal: Terminal = {
    root,
    env: process.env,
    kill: kill.signal,
    print: (text) => {
      const clean = journal.write(text)
      process.stdout.write(clean.endsWith('\n') ? clean : `${clean}\n`)
    },
    choose,
    stop: stop.signal,
    nowMs: Date.now,
    sleep: (ms) => sleep(ms, undefined, { signal: stop.signal }).catch(() => {}),
  }
  return { terminal, journal }
}

async function choose(question: string): Promise<string> {
  if (!process.stdin.isTTY) throw new Refusal('there is no terminal to ask in: use --plan or --yes')
  const terminal = createInterface({ input: process.stdin, output: process.stdout })
  const answer = await terminal.question(question)
  terminal.close()
  return answer.trim().toLowerCase()
}
