/** A package as npm's record of what it installed has it (`node_modules/.package-lock.json`). */
export interface Installed {
  readonly version?: string
  /** Subresource Integrity: `sha512-` and base64. */
  readonly integrity?: string
  /** SPDX expression. */
  readonly license?: string
  /** Whether it is a workspace, which is no package of a registry. */
  readonly link?: boolean
}

export interface BillOptions {
  /** Packages that npm has installed, by path. */
  readonly packages: Readonly<Record<string, Installed>>
  /** Name and version of the release's own software. */
  readonly name: string
  readonly version: string
  readonly node: { readonly version: string; readonly sha256: string }
  readonly createdAt: Date
}

/**
 * Bill of materials in CycloneDX 1.5 (cyclonedx.org): the packages that are in the archive, and the Node that runs them.
 * Written from npm's record of what it installed, because `npm sbom` of one workspace leaves out packages that another one
 * needs as well (npm 11.19). The same content makes the same text.
 */
export function billOfMaterials({ packages, name, version, node, createdAt }: BillOptions): string {
  const components = Object.entries(packages)
    .filter(([path, { link, version: found }]) => link !== true && found !== undefined && isPackage(path))
    .map(([path, installed]) => component(path, installed))
  const runtime = {
    type: 'application',
    'bom-ref': `node@${node.version}`,
    name: 'node',
    version: node.version,
    purl: `pkg:generic/node@${node.version}`,
    hashes: [{ alg: 'SHA-256', content: node.sha256 }],
    licenses: [{ expression: 'MIT' }],
  }
  const bill = {
    $schema: 'http://cyclonedx.org/schema/bom-1.5.schema.json',
    bomFormat: 'CycloneDX',
    specVersion: '1.5',
    version: 1,
    metadata: {
      timestamp: createdAt.toISOString(),
      component: { type: 'application', 'bom-ref': `${name}@${version}`, name, version },
    },
    components: uniqueByReference([...components, runtime]),
  }
  return `${JSON.stringify(bill, null, 1)}\n`
}

const isPackage = (path: string): boolean => path.includes('node_modules/')

function component(path: string, { version, integrity, license }: Installed) {
  const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)
  const [algorithm, base64] = integrity?.split('-') ?? []
  return {
    type: 'library',
    'bom-ref': `${name}@${version}`,
    name,
    version,
    // The scope's sign is escaped (package-url specification, type npm).
    purl: `pkg:npm/${name.replace('@', '%40')}@${version}`,
    ...(algorithm === 'sha512' &&
      base64 !== undefined && {
        hashes: [{ alg: 'SHA-512', content: Buffer.from(base64, 'base64').toString('hex') }],
      }),
    ...(license !== undefined && { licenses: [{ expression: license }] }),
  }
}

/** In the order of their references. A package may be installed in two places. */
function uniqueByReference<T extends { readonly 'bom-ref': string }>(all: readonly T[]): readonly T[] {
  const byReference = new Map(all.map((one) => [one['bom-ref'], one]))
  return [...byReference.values()].sort((one, other) => (one['bom-ref'] < other['bom-ref'] ? -1 : 1))
}
