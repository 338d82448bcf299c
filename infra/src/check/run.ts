import { spawnSync } from 'node:child_process'

export interface Run {
  readonly status: number
  readonly output: string
}

/** Runs a program to its end and collects its output. */
export function run(
  program: string,
  args: readonly string[],
  options: { cwd?: string; env?: NodeJS.ProcessEnv } = {},
): Run {
  const { status, stdout, stderr, error } = spawnSync(program, args, { encoding: 'utf8', ...options })
  if (error) throw error
  return { status: status ?? 1, output: `${stdout}${stderr}`.trim() }
}
