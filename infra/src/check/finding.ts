/** Findings of one check; an empty list means that it passed. */
export interface Check {
  readonly name: string
  readonly findings: readonly string[]
  /** Message for a passed check. */
  readonly note?: string
  /** Why the check did not run: it neither passed nor failed. */
  readonly skipped?: string
}

export function printCheck({ name, findings, note, skipped }: Check): void {
  if (skipped !== undefined) console.log(`skip  ${name}: ${skipped}`)
  else if (findings.length === 0) console.log(`ok    ${name}${note ? `: ${note}` : ''}`)
  else console.log(`FAIL  ${name}\n${findings.join('\n').replaceAll(/^/gm, '        ')}`)
}
