/**
 * Program for supervisor.test.ts: supervises two processes and prints the ids of their groups. The argument says what is
 * special: the second one is `stubborn` and ignores SIGTERM, or is a `parent` of a stubborn one; a third one is `dying`; or the
 * start is `slow` and lasts until the end begins.
 */
import { once } from 'node:events'
import { supervise } from '../supervisor.ts'

const wait = 'setInterval(() => {}, 1000); console.log("ready")'
const stubborn = `process.on('SIGTERM', () => {}); ${wait}`
const parent = `
  require('node:child_process').spawn(process.execPath, ['-e', ${JSON.stringify(stubborn)}], { stdio: 'inherit' })
  setInterval(() => {}, 1000)`
const dying = 'console.log("ready"); console.log("out of luck"); setTimeout(() => process.exit(3), 100)'

const [mode] = process.argv.slice(2)

process.exitCode = await supervise(async (stack) => {
  const start = async (name: string, script: string) => {
    const { promise: ready, resolve } = Promise.withResolvers<void>()
    const onLine = (line: string) => {
      if (line !== 'ready') return
      console.log(`ready ${name}`)
      resolve()
    }
    const child = await stack.start({ name, command: process.execPath, args: ['-e', script], onLine })
    stack.stopAtEnd(async () => console.log(`stopping ${name}`))
    await ready
    console.log(`pid ${child.pid}`)
  }
  await start('first', wait)
  await start('second', mode === 'stubborn' ? stubborn : mode === 'parent' ? parent : wait)
  if (mode === 'dying') await start('third', dying)
  console.log('up')
  if (mode === 'slow') {
    await once(stack.signal, 'abort')
    stack.signal.throwIfAborted()
  }
}, console.log)
