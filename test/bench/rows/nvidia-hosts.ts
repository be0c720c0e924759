import { randomBytes } from 'node:crypto'
import { appraiseBundle } from '../../../attestation/appraise.ts'
import { parseBundle } from '../../../attestation/bundle.ts'
import { generateEd25519, sha256 } from '../../../attestation/crypto.ts'
import { encodeHex } from '../../../attestation/encoding.ts'
import { type Endorsements, parseEndorsements } from '../../../attestation/endorsements.ts'
import { type Policy, virtualPolicy } from '../../../attestation/policy.ts'
import {
  createVirtualDeviceRoot,
  generateVirtualDeviceRootKeys,
  type VirtualDeviceRoot
} from '../../../attestation/virtual/device-root.ts'
import { createVirtualPpcie } from '../../../attestation/virtual/ppcie.ts'
import { EvidenceChecker } from '../../../services/client/hosts/evidence.ts'
import { startAppraisalThreads } from '../../../services/verifier/appraisal-threads.ts'
import { createEvidence, createLabRoot, NOW } from '../../fakes/virtual-evidence.ts'
import type { Target } from '../rounds.ts'

/** Hosts that a client finds for a session. */
export const HOSTS = 8
const THREADS = 2
const DEVICES = 12
const BUNDLES = 12

/** A machine of 8 GPUs and 4 NVSwitches: evidence of it again and again, and what endorses it. */
export interface Machine {
  readonly deviceRoot: VirtualDeviceRoot
  readonly policy: Policy
  readonly bundles: readonly Uint8Array[]
  readonly endorsements: Endorsements
  readonly endorsementBytes: Uint8Array
}

export async function createMachine(): Promise<Machine> {
  const root = await createLabRoot()
  const deviceRoot = createVirtualDeviceRoot(generateVirtualDeviceRootKeys(), NOW)
  const machine = { root: deviceRoot, devices: createVirtualPpcie(deviceRoot, NOW) }
  const bundles: Uint8Array[] = []
  let endorsementBytes = new Uint8Array(0)
  for (let at = 0; at < BUNDLES; at++) {
    const evidence = await createEvidence(root, { machine, challenge: { random: randomBytes(32) } })
    bundles.push(evidence.bundleBytes)
    endorsementBytes = new Uint8Array(evidence.collateralBytes)
  }
  const anchors = { deviceRoots: [deviceRoot.deviceRoot.certificate], rimRoots: [deviceRoot.rimRoot.certificate] }
  const policy = virtualPolicy(root.root.certificate, anchors)
  return { deviceRoot, policy, bundles, endorsements: parseEndorsements(endorsementBytes), endorsementBytes }
}

/** A bundle read and appraised, one after the other; what endorses it was read with the first. */
export function appraised({ bundles, endorsements, policy }: Machine): () => void {
  let next = 0
  return () => {
    const bundle = parseBundle(bundles[next++ % BUNDLES] ?? new Uint8Array(0))
    const { kind } = appraiseBundle({ bundle, endorsements, challenge: { kind: 'any-fresh' } }, policy, NOW)
    if (kind !== 'trusted') throw new Error('refused')
  }
}

/** Bundles appraised as the verifier does, in its threads. An operation is the evidence of one device. */
export async function inThreads(
  stack: AsyncDisposableStack,
  { bundles, endorsements, policy }: Machine,
  calls: number
): Promise<Target> {
  const signer = { issuer: 'bench', keyId: 'k', key: generateEd25519() }
  const threads = stack.use(startAppraisalThreads(policy, signer, THREADS))
  const { tdx: collateral, rims, ocsp, crls } = endorsements
  const appraiseOne = async (bundle: Uint8Array) => {
    const { nonce } = parseBundle(bundle)
    const given = { bundle, nonce, collateral, devices: { rims, ocsp, crls } }
    const task = { ...given, opinion: undefined, referenceValues: [], now: NOW }
    if (!(await threads.appraise(task)).trusted) throw new Error('refused')
  }
  const count = Math.max(THREADS, Math.ceil(calls / 2))
  const run = async () => {
    const [cpu, start] = [process.cpuUsage(), performance.now()]
    await Promise.all(Array.from({ length: count }, (_, at) => appraiseOne(bundles[at % BUNDLES] ?? new Uint8Array(0))))
    const [{ user, system }, wall] = [process.cpuUsage(cpu), (performance.now() - start) * 1000]
    const operations = count * DEVICES
    return { operations, figures: { cpu: (user + system) / operations, wall: wall / operations } }
  }
  await run()
  return { name: 'in threads', run }
}

/** A client that checks hosts whose evidence it has seen, within the lifetime of what it found. */
export async function seen({ bundles, endorsementBytes, policy }: Machine): Promise<() => Promise<void>> {
  const collateral = sha256(endorsementBytes)
  const hosts = bundles.slice(0, HOSTS).map((bytes, at) => {
    const bundle = sha256(bytes)
    const label = { hostId: `h${at}`, provider: 'p', region: 'r', bundleDigest: encodeHex(bundle) }
    return { ...label, claimedKeysetDigest: bundle, bundle, collateral, log: null }
  })
  const blobs = new Map([endorsementBytes, ...bundles].map((bytes) => [encodeHex(sha256(bytes)), bytes]))
  const checker = new EvidenceChecker({ policy, now: () => NOW, onEvent: () => {} })
  const fetchBlob = async (digest: Uint8Array) => blobs.get(encodeHex(digest)) ?? new Uint8Array(0)
  const check = async () => {
    for (const host of hosts) {
      const checked = await checker.check(host, { fetchBlob })
      if (!('appraisal' in checked) || checked.appraisal.kind !== 'trusted') throw new Error('refused')
    }
  }
  await check()
  return check
}
