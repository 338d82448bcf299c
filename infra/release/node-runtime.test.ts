import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '@spillway/origin/dev/folders'
import { expect, it } from 'vitest'
import { verifyRuntime } from './node-runtime.ts'

// The cast is safe: the root's package.json pins the version.
const { devDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  devDependencies: { node: string }
}

it('takes the pinned program alone', () => {
  const { node } = devDependencies
  const other = Buffer.from('another program')
  expect(() => verifyRuntime(other, node, 'arm64')).toThrow(/has the SHA-256 [0-9a-f]{64}; 0f8949d1/)
  expect(() => verifyRuntime(other, node, 'x64')).toThrow(/; 7fde7b8a/)
  expect(() => verifyRuntime(other, '24.0.0', 'x64')).toThrow('has no pinned SHA-256')
})
