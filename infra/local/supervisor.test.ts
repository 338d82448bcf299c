import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'

let program: ChildProcess | undefined

afterEach(() => {
  program?.kill('SIGKILL')
})

test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
  '%s stops everything, the last one first',
  async (signal) => {
    const run = start('calm')
    await run.until('up')
    run.child.kill(signal)

    expect(await run.exit).toBe(0)
    expect(run.output().match(/stopping \w+/g)).toEqual(['stopping second', 'stopping first'])
    await run.untilNobodySurvives()
  },
)

test('a process that dies ends the others, and is named with its last line', async () => {
  const run = start('dying')

  expect(await run.exit).toBe(1)
  expect(run.output()).toContain('third exited with code 3. Its last lines:\nready\nout of luck')
  await run.untilNobodySurvives()
})

test('a second Ctrl-C, but not the echo of the first, ends at once what ignores the first', async () => {
  const run = start('stubborn')
  await run.until('up')
  run.child.kill('SIGINT')
  run.child.kill('SIGINT')
  await run.until('Stopping …')
  const pressed = setInterval(() => run.child.kill('SIGINT'), 700)
  await run.until('Stopping at once')
  // A further signal would kill a process that no longer listens to any.
  clearInterval(pressed)

  expect(await run.exit).toBe(0)
  expect(run.output()).toContain('Stopping at once')
  await run.untilNobodySurvives()
})

test('Ctrl-C during the start ends what has been started so far', async () => {
  const run = start('slow')
  await run.until('up')
  run.child.kill('SIGINT')

  expect(await run.exit).toBe(0)
  await run.untilNobodySurvives()
})

test('grandchildren that ignore SIGTERM are killed', async () => {
  const run = start('parent')
  await run.until('up')
  run.child.kill('SIGINT')

  expect(await run.exit).toBe(0)
  await run.untilNobodySurvives()
})

test('nothing outlives a supervisor that is killed', async () => {
  const run = start('calm')
  await run.until('up')
  run.child.kill('SIGKILL')

  await run.exit
  await run.untilNobodySurvives()
})

function start(mode: string) {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'test/supervised.ts'), mode], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  program = child
  let output = ''
  child.stdout.on('data', (chunk) => {
    output += chunk
  })
  const exit = new Promise<number | null>((resolve) => child.once('close', resolve))
  return {
    child,
    exit,
    output: () => output,
    until: (text: string) => expect.poll(() => output, { timeout: 60_000 }).toContain(text),
    /** Polls, because what has been killed stays in its group until the system's first process has reaped it. */
    untilNobodySurvives: () => {
      const groups = [...output.matchAll(/pid (\d+)/g)].map(([, pid]) => Number(pid))
      return expect.poll(() => groups.filter(isGroupAlive), { timeout: 60_000 }).toEqual([])
    },
  }
}

function isGroupAlive(group: number): boolean {
  try {
    process.kill(-group, 0)
    return true
  } catch {
    return false
  }
}
