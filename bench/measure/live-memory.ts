import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { liveMemoryFile } from './tell-live-memory.ts'

const pollMs = 10
const pollsMax = 1_000
const sampleEveryMs = 1_000

/**
 * Live memory of a server: heap and buffers that are left after a full collection. Resident memory says less of an
 * export: V8 lets the young generation grow (to 128 MB on a machine with much memory) before it collects what pages
 * leave behind.
 */
export class LiveMemory implements AsyncDisposable {
  readonly #folder: string
  readonly #file: string

  private constructor(folder: string) {
    this.#folder = folder
    this.#file = join(folder, 'live-mb')
  }

  static async create(): Promise<LiveMemory> {
    const memory = new LiveMemory(await mkdtemp(join(tmpdir(), 'spillway-live-')))
    await writeFile(memory.#file, '')
    return memory
  }

  /** Variables of the measured server. */
  get env(): Readonly<Record<string, string>> {
    const preload = join(import.meta.dirname, 'tell-live-memory.ts')
    return { NODE_OPTIONS: `--import ${preload}`, [liveMemoryFile]: this.#file }
  }

  /** @returns MB @throws Error unless the process answers within 10 s */
  async readMb(pid: number): Promise<number> {
    const before = await this.#told()
    process.kill(pid, 'SIGUSR2')
    for (let polls = 0; polls < pollsMax; polls += 1) {
      const told = await this.#told()
      if (told.length > before.length) return told.at(-1) ?? 0
      await sleep(pollMs)
    }
    throw new Error('the server does not tell its memory')
  }

  /** Maximum live memory during some work, measured once a second, in MB. */
  async peakMb(pid: number, work: Promise<unknown>): Promise<number> {
    let isOver = false
    const over = work.finally(() => {
      isOver = true
    })
    let peak = 0
    while (!isOver) {
      peak = Math.max(peak, await this.readMb(pid))
      await Promise.race([over, sleep(sampleEveryMs)])
    }
    await over
    return peak
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true })
  }

  async #told(): Promise<readonly number[]> {
    const lines = (await readFile(this.#file, 'utf8')).split('\n')
    return lines.slice(0, -1).map(Number)
  }
}
