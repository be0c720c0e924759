import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Evidence, Host, Standing } from '../../../services/registry/host.ts'
import {
  planDevices,
  planEnrolment,
  planEvents,
  planLift,
  planNextAttestation,
  planQuarantine,
  planWithdrawal,
  stateOf
} from '../../../services/registry/plan.ts'
import { at, NOW, sampleEvidence, sampleHost } from './sample-host.ts'

const LISTED: Standing = { kind: 'listed' }
const WITHDRAWN: Standing = { kind: 'withdrawn' }
const BY_REGISTRY: Standing = { kind: 'quarantined', by: 'registry', reason: 'EVIDENCE_REFUSED' }
const BY_OPERATOR: Standing = { kind: 'quarantined', by: 'operator', reason: 'looks wrong' }

const GOOD = sampleEvidence(2, 2)
const WARNED = sampleEvidence(2, 2, { status: 'warning' })
const DOUBTED = sampleEvidence(2, 2, { status: 'warning', trusted: false })
const REFUSED = sampleEvidence(2, 2, { status: 'contraindicated' })
const LAPSED = sampleEvidence(2, 2, { notAfter: NOW })
const BARE: Evidence = { ...GOOD, collateralDigest: undefined }

describe('an appraisal', () => {
  it.each<[string, Standing | undefined, Evidence, Standing | 'refused']>([
    ['good, of a new host, lists it', undefined, GOOD, LISTED],
    ['with warnings, of a new host, lists it', undefined, WARNED, LISTED],
    ['with warnings that the policy does not take, of a new host, leaves no trace', undefined, DOUBTED, 'refused'],
    ['with warnings that the policy does not take quarantines', LISTED, DOUBTED, BY_REGISTRY],
    ['refused, of a new host, leaves no trace', undefined, REFUSED, 'refused'],
    ['lapsed already, of a new host, leaves no trace', undefined, LAPSED, 'refused'],
    ['without collateral, of a new host, leaves no trace', undefined, BARE, 'refused'],
    ['good, of a listed host, keeps it', LISTED, GOOD, LISTED],
    ['refused, of a listed host, quarantines it', LISTED, REFUSED, BY_REGISTRY],
    ['lapsed already, of a listed host, quarantines it', LISTED, LAPSED, { ...BY_REGISTRY, reason: 'VERDICT_LAPSED' }],
    ['without collateral quarantines', LISTED, BARE, { ...BY_REGISTRY, reason: 'COLLATERAL_MISSING' }],
    ["good, lifts the registry's quarantine", BY_REGISTRY, GOOD, LISTED],
    ["refused again keeps the registry's quarantine", BY_REGISTRY, REFUSED, BY_REGISTRY],
    ["good, does not lift an operator's quarantine", BY_OPERATOR, GOOD, BY_OPERATOR],
    ["refused, does not take an operator's quarantine over", BY_OPERATOR, REFUSED, BY_OPERATOR],
    ['good, lists a host that had withdrawn', WITHDRAWN, GOOD, LISTED],
    ['refused, quarantines a host that had withdrawn', WITHDRAWN, REFUSED, BY_REGISTRY]
  ])('%s', (_what, standing, evidence, expected) => {
    const current = standing === undefined ? undefined : sampleHost({ standing })
    const plan = planEnrolment(current, evidence, NOW)
    expect(plan).toEqual(expected === 'refused' ? { kind: 'refuse' } : { kind: 'record', standing: expected })
  })
})

describe('a device of new evidence', () => {
  const held = { kind: 'held', displaced: [] }
  it.each<[string, Partial<Host>, unknown]>([
    ['is taken where another provider’s host has it', { providerId: 2n }, { kind: 'taken' }],
    ['is free once that host has lapsed', { providerId: 2n, evidence: LAPSED }, held],
    ['is taken where the provider’s own host is quarantined', { standing: BY_OPERATOR }, { kind: 'taken' }],
    ['is free once a quarantined host has lapsed', { standing: BY_OPERATOR, evidence: LAPSED }, held],
    ['is free where the provider’s own host has lapsed', { evidence: LAPSED }, held],
    ['moves from the provider’s own host', {}, { kind: 'held', displaced: [{ standing: LISTED }] }]
  ])('%s', (_what, changes, expected) => {
    expect(planDevices(1n, [sampleHost(changes)], NOW)).toMatchObject(expected as object)
  })

  it('ends the evidence of the host it moves from, which nothing lists again', () => {
    const plan = planDevices(1n, [sampleHost()], NOW)
    const [displaced] = plan.kind === 'held' ? plan.displaced : []
    expect(stateOf(displaced!, NOW)).toBe('lapsed')
    const lifted = { ...displaced!, standing: planLift({ ...displaced!, standing: BY_OPERATOR }, NOW) }
    expect(stateOf(lifted, NOW)).toBe('lapsed')
  })

  it('moves from no host while another provider has one of them', () => {
    const plan = planDevices(1n, [sampleHost(), sampleHost({ providerId: 2n })], NOW)
    expect(plan).toMatchObject({ kind: 'taken', by: { providerId: 2n } })
  })
})

describe('the lifting of a quarantine', () => {
  it.each<[string, Standing, Evidence, Standing]>([
    ['lists a host with good evidence', BY_OPERATOR, GOOD, LISTED],
    ['leaves a host with refused evidence to the registry', BY_OPERATOR, REFUSED, BY_REGISTRY],
    ['does not list a host against its evidence', BY_REGISTRY, REFUSED, BY_REGISTRY],
    ['lets a lapsed host lapse', BY_OPERATOR, LAPSED, LISTED],
    ['changes nothing of a host that has withdrawn', WITHDRAWN, GOOD, WITHDRAWN]
  ])('%s', (_what, standing, evidence, expected) => {
    expect(planLift(sampleHost({ standing, evidence }), NOW)).toEqual(expected)
  })
})

describe('a host', () => {
  it.each<[string, Standing, Date, string]>([
    ['is listed until its verdict ends', LISTED, at(3599), 'listed'],
    ['has lapsed in the second its verdict ends', LISTED, at(3600), 'lapsed'],
    ['is quarantined before it has lapsed', BY_OPERATOR, at(9999), 'quarantined'],
    ['stays withdrawn', WITHDRAWN, NOW, 'withdrawn']
  ])('%s', (_what, standing, now, expected) => {
    expect(stateOf(sampleHost({ standing }), now)).toBe(expected)
  })

  it('does not escape a quarantine by withdrawing', () => {
    expect(planWithdrawal(BY_OPERATOR)).toEqual(BY_OPERATOR)
    expect(planWithdrawal(BY_REGISTRY)).toEqual(BY_REGISTRY)
    expect(planWithdrawal(LISTED)).toEqual(WITHDRAWN)
  })
})

describe('watchers', () => {
  const host = sampleHost()
  const fresh = sampleHost({ evidence: GOOD })
  const listed = (which: Host) => ({ kind: 'listed', host: which })
  const delisted = (which: Host, reason: string) => ({
    kind: 'delisted',
    keysetDigest: which.evidence.keysetDigest,
    reason
  })

  it.each<[string, Host | undefined, Host, readonly unknown[]]>([
    ['hear of a new host', undefined, host, [listed(host)]],
    ['hear nothing of what they know', host, host, []],
    ['hear nothing of a host that was never listed', undefined, sampleHost({ standing: BY_OPERATOR }), []],
    ['hear of the new keyset before the old one goes', host, fresh, [listed(fresh), delisted(host, 'replaced')]],
    ['hear of a quarantine', host, sampleHost({ standing: BY_REGISTRY }), [delisted(host, 'quarantined')]],
    [
      'hear of the old keyset when the new one is refused',
      host,
      { ...fresh, standing: BY_REGISTRY },
      [delisted(host, 'quarantined')]
    ],
    ['hear of a withdrawal', host, sampleHost({ standing: WITHDRAWN }), [delisted(host, 'withdrawn')]],
    [
      'hear of a lapse',
      host,
      sampleHost({ evidence: sampleEvidence(1, 1, { notAfter: NOW }) }),
      [delisted(host, 'lapsed')]
    ]
  ])('%s', (_what, before, after, expected) => {
    expect(planEvents(before, after, NOW)).toEqual(expected)
  })
})

describe('the next attestation', () => {
  it.each([
    ['comes after the interval', { life: 10_000, interval: 1000, draw: 0, expected: 1000 }],
    ['comes up to a tenth earlier', { life: 10_000, interval: 1000, draw: 1, expected: 900 }],
    ['comes before a short verdict ends', { life: 1000, interval: 10_000, draw: 0, expected: 800 }]
  ])('%s', (_what, { life, interval, draw, expected }) => {
    const next = planNextAttestation(NOW, new Date(NOW.getTime() + life), interval, draw)
    expect(next.getTime() - NOW.getTime()).toBe(expected)
  })
})

type Step =
  | {
      readonly kind: 'enrol'
      readonly status: 'affirming' | 'warning' | 'contraindicated'
      readonly life: number
      readonly keyset: number
    }
  | { readonly kind: 'withdraw' | 'quarantine' | 'lift' }
  | { readonly kind: 'wait'; readonly seconds: number }

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    kind: fc.constant('enrol' as const),
    status: fc.constantFrom('affirming', 'warning', 'contraindicated'),
    life: fc.integer({ min: -10, max: 100 }),
    keyset: fc.integer({ min: 0, max: 2 })
  }),
  fc.record({ kind: fc.constantFrom('withdraw', 'quarantine', 'lift') }),
  fc.record({ kind: fc.constant('wait' as const), seconds: fc.integer({ min: 0, max: 60 }) })
)

/** One host's life, and what a watcher believes of it. */
class Life {
  seconds = 0
  bundle = 0
  host: Host | undefined
  known: Host | undefined
  underOperator = false
  readonly believed = new Map<string, Host>()

  take(step: Step): void {
    const now = at(this.seconds)
    if (step.kind === 'wait') this.seconds += step.seconds
    else if (step.kind === 'enrol') this.enrol(step, now)
    else if (this.host !== undefined) this.change(this.host, step.kind, now)
    this.tell()
  }

  enrol(step: Step & { kind: 'enrol' }, now: Date): void {
    this.bundle += 1
    const verdict = { status: step.status, notAfter: at(this.seconds + step.life) }
    const evidence = { ...sampleEvidence(step.keyset, 0, verdict), bundleDigest: Uint8Array.of(this.bundle) }
    const plan = planEnrolment(this.host, evidence, now)
    if (plan.kind === 'record') this.host = sampleHost({ evidence, standing: plan.standing })
  }

  change(host: Host, kind: 'withdraw' | 'quarantine' | 'lift', now: Date): void {
    if (kind !== 'withdraw') this.underOperator = kind === 'quarantine'
    const standing = {
      withdraw: () => planWithdrawal(host.standing),
      quarantine: () => planQuarantine('x'),
      lift: () => planLift(host, now)
    }
    this.host = { ...host, standing: standing[kind]() }
  }

  tell(): void {
    if (this.host === undefined) return
    const now = at(this.seconds)
    for (const event of planEvents(this.known, this.host, now)) {
      if (event.kind === 'listed') this.believed.set(String(event.host.evidence.keysetDigest), event.host)
      if (event.kind === 'delisted') expect(this.believed.delete(String(event.keysetDigest))).toBe(true)
    }
    this.known = stateOf(this.host, now) === 'listed' ? this.host : undefined
  }
}

describe('whatever happens to a host', () => {
  it('it is listed only on good evidence in date, and never against an operator', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const life = new Life()
        for (const one of steps) {
          life.take(one)
          if (life.host === undefined || stateOf(life.host, at(life.seconds)) !== 'listed') continue
          expect(life.underOperator).toBe(false)
          expect(life.host.evidence.verdict.status).not.toBe('contraindicated')
          expect(life.host.evidence.verdict.notAfter.getTime()).toBeGreaterThan(at(life.seconds).getTime())
        }
      })
    )
  })

  it('a watcher believes in exactly the keyset that is listed', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const life = new Life()
        for (const one of steps) {
          life.take(one)
          const listed = life.host !== undefined && stateOf(life.host, at(life.seconds)) === 'listed'
          expect([...life.believed.values()]).toEqual(listed ? [life.host] : [])
        }
      })
    )
  })
})
