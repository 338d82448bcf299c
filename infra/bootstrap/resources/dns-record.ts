import type { Resource, Settings, Setup } from '../resource.ts'

export interface WantedRecord {
  /** A host of the zone. */
  readonly host: string
  readonly name: string
  readonly content: string
  readonly proxied: boolean
}

interface DnsRecord {
  readonly id: string
  readonly content: string
  readonly proxied: boolean
}

/** A CNAME in the zone of its host; none where none is wanted. */
export function dnsRecord(
  name: string,
  record: (setup: Setup) => Promise<WantedRecord | undefined>,
): Resource {
  const find = async (setup: Setup) => {
    const wanted = await record(setup)
    if (wanted === undefined) return {}
    const { cloudflare } = setup.run
    const zone = await cloudflare.zoneOf(wanted.host)
    const path = `/zones/${zone.id}/dns_records`
    // The cast: Cloudflare's API documents it. An address record of the name cannot stand beside a CNAME.
    const [found] = (await cloudflare.get(`${path}?type=CNAME&name=${wanted.name}`)) as DnsRecord[]
    return { path, wanted, found }
  }
  const body = ({ name }: WantedRecord, { content, proxied }: Settings) => ({
    ...{ type: 'CNAME', name, content, proxied, ttl: 1 },
  })
  return {
    name,
    wanted: async (setup) => {
      const wanted = await record(setup)
      return wanted === undefined ? {} : { content: wanted.content, proxied: wanted.proxied }
    },
    read: async (setup) => {
      const { wanted, found } = await find(setup)
      if (wanted === undefined) return {}
      return found === undefined ? undefined : { content: found.content, proxied: found.proxied }
    },
    make: async (setup, settings) => {
      const { path = '', wanted } = await find(setup)
      if (wanted === undefined) return []
      const made = { ...body(wanted, settings), comment: `spillway ${setup.run.stage}` }
      return [setup.run.cloudflare.change('POST', path, made)]
    },
    mend: async (setup, settings) => {
      const { path = '', wanted, found } = await find(setup)
      if (wanted === undefined || found === undefined) return []
      return [setup.run.cloudflare.change('PATCH', `${path}/${found.id}`, body(wanted, settings))]
    },
  }
}
