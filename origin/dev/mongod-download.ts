/**
 * Program: downloads a `mongod` with mongodb-memory-server's downloader into the folder given as argument, and prints its
 * path as the last line. A process of its own, so that a download that hangs can be ended (the library offers no way)
 * and so that the library's settings reach nobody else.
 */
import { MongoBinary } from 'mongodb-memory-server-core'

const downloadDir = process.argv[2]
if (downloadDir === undefined) throw new Error('usage: mongod-download.ts <folder>')
console.log(await MongoBinary.getPath({ downloadDir, checkMD5: true }))
