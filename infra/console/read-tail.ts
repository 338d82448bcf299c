import { open } from 'node:fs/promises'

/** The last whole lines of a file, of at most so many bytes; empty if there is no such file. */
export async function readTail(file: string, bytesMax: number): Promise<string> {
  try {
    await using handle = await open(file, 'r')
    const { size } = await handle.stat()
    const start = Math.max(0, size - bytesMax)
    const { bytesRead, buffer } = await handle.read(Buffer.alloc(size - start), 0, size - start, start)
    const text = buffer.toString('utf8', 0, bytesRead)
    return start === 0 ? text : text.slice(text.indexOf('\n') + 1)
  } catch (error) {
    // The cast is safe: the file system throws errors of this kind.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return ''
    throw error
  }
}
