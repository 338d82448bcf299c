import { expect, it } from 'vitest'
import { billOfMaterials } from './sbom.ts'

const options = {
  name: 'spillway-origin',
  version: '0.1.0',
  node: { version: '24.21.0', sha256: 'a'.repeat(64) },
  createdAt: new Date('2026-11-30T00:00:00Z'),
}
const packages = {
  '': { version: '0.1.0' },
  'node_modules/@spillway/origin': { link: true },
  origin: { version: '0.1.0' },
  'node_modules/mongodb': { version: '7.9.0', integrity: 'sha512-/w==', license: 'Apache-2.0' },
  'node_modules/@fastify/cors': { version: '1.0.0', license: 'MIT' },
  'node_modules/mongodb/node_modules/@fastify/cors': { version: '1.0.0', license: 'MIT' },
}

it('names every package that is in the archive, and Node, once each', () => {
  const bill = JSON.parse(billOfMaterials({ ...options, packages }))
  expect(bill).toMatchObject({
    bomFormat: 'CycloneDX',
    specVersion: '1.5',
    metadata: { timestamp: '2026-11-30T00:00:00.000Z' },
  })
  expect(bill.components).toMatchObject([
    { name: '@fastify/cors', purl: 'pkg:npm/%40fastify/cors@1.0.0', licenses: [{ expression: 'MIT' }] },
    { name: 'mongodb', version: '7.9.0', hashes: [{ alg: 'SHA-512', content: 'ff' }] },
    { name: 'node', version: '24.21.0', hashes: [{ alg: 'SHA-256', content: 'a'.repeat(64) }] },
  ])
})

it('is the same text whatever the order of the record', () => {
  const reversed = Object.fromEntries(Object.entries(packages).toReversed())
  expect(billOfMaterials({ ...options, packages: reversed })).toBe(billOfMaterials({ ...options, packages }))
})
