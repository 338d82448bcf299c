import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

const blockTimeoutMs = 3 * 60_000

/** A shell into which a reader pastes one block after the other: variables and functions stay. */
export class Shell implements AsyncDisposable {
  readonly #child: ChildProcess
  readonly #folder: string
  readonly #ends: AsyncIterator<string>

  private constructor(child: ChildProcess, folder: string, ends: AsyncIterator<string>) {
    this.#child = child
    this.#folder = folder
    this.#ends = ends
  }

  static async open(cwd: string, env: Readonly<Record<string, string>>): Promise<Shell> {
    const folder = await mkdtemp(join(tmpdir(), 'spillway-shell-'))
    // A group of its own, so that what a block leaves running ends with it.
    const child = spawn('bash', ['--norc'], {
      cwd,
      env: { ...process.env, ...env },
      stdio: ['pipe', 'pipe', 'inherit'],
      detached: true,
    })
    const ends = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
    const shell = new Shell(child, folder, ends)
    // The trap notes each command that failed outside a condition, as `set -e` would end the shell.
    await shell.#send(`set -E -o pipefail; trap 'failed="$BASH_COMMAND"' ERR`)
    return shell
  }

  /**
   * Runs a block.
   *
   * @returns what it printed
   * @throws Error if a command of it failed, with what it printed
   */
  async run(block: string): Promise<string> {
    const file = (name: string) => join(this.#folder, name)
    await writeFile(file('block'), block)
    await this.#send(`failed=; source ${file('block')} > ${file('out')} 2> ${file('err')} < /dev/null`)
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the shell replaces it
    const failed = await this.#send('printf "%s" "${failed//$\'\\n\'/ }"')
    const printed = await readFile(file('out'), 'utf8')
    if (failed === '') return printed
    const log = await readFile(file('err'), 'utf8')
    throw new Error(`failed: ${failed}\n${printed.slice(-2_000)}${log.slice(-4_000)}`)
  }

  /** Sends a line. @returns what it printed itself */
  async #send(line: string): Promise<string> {
    this.#child.stdin?.write(`${line}\nprintf '\\n%s\\n' --end--\n`)
    const lines: string[] = []
    const timer = setTimeout(() => this.#end(), blockTimeoutMs)
    try {
      while (true) {
        const next = await this.#ends.next()
        if (next.done === true)
          throw new Error(`ended, or took longer than ${blockTimeoutMs / 1_000} s: ${line}`)
        if (next.value === '--end--') return lines.join('\n').trim()
        lines.push(next.value)
      }
    } finally {
      clearTimeout(timer)
    }
  }

  #end(): void {
    try {
      // The cast is safe: a started process has an id.
      process.kill(-(this.#child.pid as number), 'SIGKILL')
    } catch {
      // It has ended by itself.
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#end()
    await rm(this.#folder, { recursive: true, force: true })
  }
}
