/** Steps of a program that goes on after one that failed, and says of each how it ended. */
export class Steps {
  passed = 0
  failed = 0

  /** Runs one step. A failed command shows what it wrote. */
  async run(name: string, work: () => Promise<unknown>): Promise<void> {
    try {
      await work()
      this.passed += 1
      console.error(`ok      ${name}`)
    } catch (error) {
      this.failed += 1
      console.error(`FAILED  ${name}\n${whyOf(error)}`)
    }
  }
}

function whyOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  // Members of an error of `execFile`.
  const { stdout = '', stderr = '', stack }: Error & { stdout?: string; stderr?: string } = error
  return [stdout, stderr].join('\n').trim() || stack || String(error)
}
