import { appendFileSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'

/**
 * The record of a run: what was shown, with the times. Each line is written before the next thing happens, so that a
 * run that was killed has its record too. Secrets that the run knows are not in it, whatever a program has printed.
 */
export class Journal {
  readonly file: string
  readonly #secrets: string[] = []
  readonly #nowMs: () => number

  constructor(folder: string, name: string, nowMs: () => number) {
    mkdirSync(folder, { recursive: true })
    this.#nowMs = nowMs
    this.file = join(folder, `${new Date(nowMs()).toISOString().replaceAll(':', '-')}-${name}.log`)
  }

  hide(secret: string): void {
    // An optional secret that is not given is in every text.
    if (secret !== '') this.#secrets.push(secret)
  }

  /** @returns the text without secrets, which is what may be shown */
  write(text: string): string {
    const clean = this.#secrets.reduce((left, secret) => left.replaceAll(secret, '‹hidden›'), text)
    const time = new Date(this.#nowMs()).toISOString()
    const lines = clean
      .replace(/\n$/, '')
      .split('\n')
      .map((line) => `${time} ${line}\n`)
    appendFileSync(this.file, lines.join(''), { mode: 0o600 })
    return clean
  }
}
