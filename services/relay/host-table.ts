import type { DelistReason, ListedHost } from './listed-host.ts'
import { LiveHost } from './live-host.ts'
import type { HostIndex } from './plan.ts'
import { RecentMap } from './recent-map.ts'

export interface HostTableEvents {
  /** A host has a free slot. */
  free(host: LiveHost): void
  listed(host: LiveHost): void
  /** The host takes nothing new from now on. */
  delisted(host: LiveHost, reason: DelistReason): void
}

const REMEMBERED = 4096

/** Every host that the directory lists, indexed by keyset digest and, while it has a free slot, by model. */
export class HostTable implements HostIndex {
  readonly #events: HostTableEvents
  readonly #hosts = new Map<string, LiveHost>()
  readonly #available = new Map<string, LiveHost[]>()
  readonly #gone = new RecentMap<string, DelistReason>(REMEMBERED)

  constructor(events: HostTableEvents) {
    this.#events = events
  }

  get size(): number {
    return this.#hosts.size
  }

  find(digest: string): LiveHost | undefined {
    return this.#hosts.get(digest)
  }

  available(model: string): readonly LiveHost[] {
    return this.#available.get(model) ?? []
  }

  hosts(): Iterable<LiveHost> {
    return this.#hosts.values()
  }

  /** Models that some linked host serves, sorted. */
  models(): readonly string[] {
    const models = new Set<string>()
    for (const host of this.#hosts.values()) if (host.linked) models.add(host.model)
    return [...models].sort()
  }

  /** Why a keyset is not listed any more, if that was lately. */
  reasonGone(digest: string): DelistReason | undefined {
    return this.#gone.get(digest)
  }

  list(listed: ListedHost): void {
    this.#gone.delete(listed.digest)
    const known = this.#hosts.get(listed.digest)
    if (known !== undefined) {
      known.listed = listed
      this.changed(known)
      return
    }
    const host = new LiveHost(listed)
    this.#hosts.set(listed.digest, host)
    this.#events.listed(host)
  }

  delist(digest: string, reason: DelistReason): void {
    const host = this.#hosts.get(digest)
    if (host === undefined) return
    this.#hosts.delete(digest)
    this.#gone.set(digest, reason)
    host.leaving = true
    this.changed(host)
    this.#events.delisted(host, reason)
  }

  /** Slots, links or listing of a host changed; who waits for a slot gets it. */
  changed(host: LiveHost): void {
    host.recount()
    this.place(host)
    if (host.free > 0) this.#events.free(host)
  }

  /** Puts a host whose slots were taken where it belongs. */
  place(host: LiveHost): void {
    const open = host.free > 0 && host.sessions !== undefined
    if (open && host.position < 0) this.#insert(host)
    else if (!open && host.position >= 0) this.#remove(host)
  }

  #insert(host: LiveHost): void {
    const hosts = this.#available.get(host.model) ?? []
    if (hosts.length === 0) this.#available.set(host.model, hosts)
    host.position = hosts.length
    hosts.push(host)
  }

  // The last takes the place of the one that leaves, so that ten thousand hosts cost what one costs.
  #remove(host: LiveHost): void {
    const hosts = this.#available.get(host.model) ?? []
    const last = hosts.pop()
    if (last !== undefined && last !== host) {
      hosts[host.position] = last
      last.position = host.position
    }
    host.position = -1
    if (hosts.length === 0) this.#available.delete(host.model)
  }
}
