import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Stand-ins for programs that exist only on an instance; each records its calls. */
export class Commands {
  /** Must come first in PATH. */
  readonly folder: string
  readonly #log: string

  constructor(folder: string) {
    this.folder = join(folder, 'commands')
    this.#log = join(folder, 'calls.log')
    mkdirSync(this.folder)
  }

  /** @param script commands to run after recording the call */
  add(name: string, script = ':'): void {
    const path = join(this.folder, name)
    writeFileSync(path, `#!/usr/bin/env bash\necho "${name} $*" >> "${this.#log}"\n${script}\n`)
    chmodSync(path, 0o755)
  }

  get calls(): readonly string[] {
    return existsSync(this.#log) ? readFileSync(this.#log, 'utf8').trim().split('\n') : []
  }
}
