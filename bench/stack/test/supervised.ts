/**
 * Program for supervisor.test.ts: supervises two processes that print their ids, the second of which may ignore SIGTERM or
 * die, as the arguments say; `slow` stays in its start until the end begins.
 */
import { supervise } from '../supervisor.ts'

const [mode] = process.argv.slice(2)
const wait = 'setInterval(() => {}, 1000)'
const stubborn = `process.on('SIGTERM', () => {}); ${wait}`
const grandparent = `require('node:child_process').spawn(process.execPath, ['-e', ${JSON.stringify(stubborn)}]); ${wait}`
const dying = `setTimeout(() => { console.log('out of luck'); process.exit(3) }, 300)`

process.exitCode = await supervise(async (stack) => {
  const start = async (name: string, script: string) => {
    const child = await stack.start({ name, command: process.execPath, args: ['-e', script] })
    stack.stopAtEnd(async () => console.log(`stopping ${name}`))
    console.log(`pid ${child.pid}`)
  }
  await start('first', wait)
  await start('second', mode === 'stubborn' ? stubborn : mode === 'grandparent' ? grandparent : wait)
  if (mode === 'dying') await start('third', dying)
  console.log('up')
  if (mode === 'slow') {
    await new Promise((_resolve, reject) => {
      stack.signal.addEventListener('abort', () => reject(new Error('given up')))
    })
  }
}, console.log)
