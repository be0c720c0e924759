import type { Evidence, Host, Verdict } from '../../../services/registry/host.ts'

export const NOW = new Date('2026-03-01T12:00:00Z')

export function at(seconds: number): Date {
  return new Date(NOW.getTime() + seconds * 1000)
}

export function sampleVerdict(changes: Partial<Verdict> = {}): Verdict {
  return {
    status: 'affirming',
    tee: 'virtual',
    tcbStatus: 'UpToDate',
    appraisedAt: NOW,
    notAfter: at(3600),
    result: new Uint8Array(),
    token: '',
    trusted: changes.status !== 'contraindicated',
    ...changes
  }
}

/** Evidence of a keyset that `serial` names; each bundle is new. */
export function sampleEvidence(serial: number, bundle: number, verdict: Partial<Verdict> = {}): Evidence {
  return {
    keyset: Uint8Array.of(serial),
    keysetDigest: new Uint8Array(32).fill(serial),
    bundleDigest: new Uint8Array(32).fill(bundle),
    collateralDigest: new Uint8Array(32),
    verdict: sampleVerdict(verdict),
    logged: undefined
  }
}

export function sampleHost(changes: Partial<Host> = {}): Host {
  return {
    id: new Uint8Array(16),
    providerId: 1n,
    provider: 'acme',
    subject: `bombyx:host:${'00'.repeat(16)}`,
    evidence: sampleEvidence(1, 1),
    declaration: {
      prices: { prompt: 1n, cached: 1n, completion: 1n, reasoning: 1n },
      region: 'eu',
      slots: 4,
      payee: undefined
    },
    standing: { kind: 'listed' },
    enrolledAt: NOW,
    changedAt: NOW,
    ...changes
  }
}
