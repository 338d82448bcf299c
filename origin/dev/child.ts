import { spawn } from 'node:child_process'
import { createWriteStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { stripVTControlCharacters } from 'node:util'
import { attachLifeline } from './lifeline.ts'

export interface ChildOptions {
  /** Name in messages. */
  readonly name: string
  readonly command: string
  readonly args: readonly string[]
  readonly cwd?: string
  /** The whole environment. @default that of this process */
  readonly env?: NodeJS.ProcessEnv
  /** File for all of its output. */
  readonly logFile?: string
  /** Called with each line of output. */
  readonly onLine?: (line: string) => void
}

export interface Exit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

export interface Child {
  readonly name: string
  /** Process id, which is also that of its process group. */
  readonly pid: number
  /** Resolves when the process has ended in any way. */
  readonly exited: Promise<Exit>
  /** The last lines of output. */
  tail(lines?: number): string
  /** Signals the process itself, not its children. */
  signal(signal: NodeJS.Signals): void
  /**
   * Sends SIGTERM, then SIGKILL, then ends the rest of the process group; resolves when all of it is gone. A second
   * call with a shorter grace period shortens the wait.
   *
   * @param graceMs time to end by itself, in ms. @default 10 000
   */
  stop(graceMs?: number): Promise<Exit>
}

const keptLines = 200

/**
 * Starts a process in a group of its own, so that Ctrl-C in the terminal does not reach it and this process decides the
 * order of shutdown.
 */
export async function startChild(options: ChildOptions): Promise<Child> {
  const { name, command, args, cwd, env, logFile, onLine } = options
  const child = spawn(command, args, {
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(cwd !== undefined && { cwd }),
    ...(env !== undefined && { env }),
  })
  const { promise: exited, resolve: settle } = Promise.withResolvers<Exit>()

  const lines: string[] = []
  const log = logFile === undefined ? undefined : createWriteStream(logFile, { flags: 'a' })
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (colored) => {
      const line = stripVTControlCharacters(colored)
      lines.push(line)
      if (lines.length > keptLines) lines.shift()
      log?.write(`${line}\n`)
      onLine?.(line)
    })
  }

  const pid = await new Promise<number>((resolve, reject) => {
    child.once('error', (cause) => reject(new Error(`${name}: cannot start ${command}`, { cause })))
    // The cast is safe: a process that was started has an id.
    child.once('spawn', () => resolve(child.pid as number))
  })
  const letGo = attachLifeline(pid)
  // 'close' follows the last line of output; the timer covers a grandchild that keeps the pipe open. Output in the pipe
  // is read in the turn between the timer and `setImmediate`, however late the timer fires.
  child.once('close', (code, signal) => settle({ code, signal }))
  child.once('exit', (code, signal) => setTimeout(() => setImmediate(settle, { code, signal }), 300).unref())
  void exited.then(() => {
    log?.end()
    if (!isGroupAlive(pid)) letGo()
  })

  return {
    name,
    pid,
    exited,
    tail: (count = 30) => lines.slice(-count).join('\n'),
    signal: (signal) => void child.kill(signal),
    async stop(graceMs = 10_000) {
      child.kill('SIGTERM')
      await Promise.race([exited, sleep(graceMs, undefined, { ref: false })])
      await endGroup(pid)
      letGo()
      return exited
    },
  }
}

/** Describes an exit in a sentence. */
export const describeExit = ({ code, signal }: Exit): string =>
  signal === null ? `exited with code ${code}` : `was ended by ${signal}`

function isGroupAlive(group: number): boolean {
  return signalGroup(group, 0)
}

function signalGroup(group: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(-group, signal)
    return true
  } catch (error) {
    // The cast is safe: `kill` throws errors with a code. macOS reports EPERM for a group of zombies only.
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ESRCH' || code === 'EPERM') return false
    throw error
  }
}

/** Sends SIGTERM to the rest of a group, then SIGKILL; resolves when the group has ended. */
async function endGroup(group: number): Promise<void> {
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    if (!signalGroup(group, signal)) return
    for (let waitedMs = 0; waitedMs < 1_000; waitedMs += 20) {
      await sleep(20)
      if (!isGroupAlive(group)) return
    }
  }
  // Only zombies outlive SIGKILL: they stay in the group if a container's first process does not reap them.
}
