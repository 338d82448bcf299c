/**
 * Program: downloads a `mongod` with mongodb-memory-server into the folder in its argument, and prints the path as the
 * last line. It is a process of its own, so that a hanging download can be ended (the library has no way to do so) and
 * the library's settings affect nothing else.
 */
import { MongoBinary } from 'mongodb-memory-server-core'

const downloadDir = process.argv[2]
if (downloadDir === undefined) throw new Error('usage: mongod-download.ts <folder>')
console.log(await MongoBinary.getPath({ downloadDir, checkMD5: true }))
