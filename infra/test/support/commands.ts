import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Stand-ins for programs that only an instance has, each writing down how it was called. */
export class Commands {
  /** To be put first in PATH. */
  readonly folder: string
  readonly #log: string

  constructor(folder: string) {
    this.folder = join(folder, 'commands')
    this.#log = join(folder, 'calls.log')
    mkdirSync(this.folder)
  }

  /** @param script what the command does after it has written down its call */
  add(name: string, script = ':'): void {
    const path = join(this.folder, name)
    writeFileSync(path, `#!/usr/bin/env bash\necho "${name} $*" >> "${this.#log}"\n${script}\n`)
    chmodSync(path, 0o755)
  }

  get calls(): readonly string[] {
    return existsSync(this.#log) ? readFileSync(this.#log, 'utf8').trim().split('\n') : []
  }
}
