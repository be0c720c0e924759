import { randomBytes } from 'node:crypto'
import { decodeHex } from '../../../attestation/encoding.ts'
import { type Policy, virtualPolicy } from '../../../attestation/policy.ts'
import { parseLeaf } from '../../../attestation/tlog/leaf.ts'
import { createVirtualDeviceRoot, generateVirtualDeviceRootKeys } from '../../../attestation/virtual/device-root.ts'
import { createVirtualPpcie } from '../../../attestation/virtual/ppcie.ts'
import { auditLog } from '../../../services/audit/log-audit.ts'
import { reappraise } from '../../../services/audit/reappraise.ts'
import { stateInMemory } from '../../../services/audit/state.ts'
import { AuditedLog } from '../../fakes/audited-log.ts'
import { createEvidence, createLabRoot, type EvidenceChanges, NOW } from '../../fakes/virtual-evidence.ts'
import { compare, standing } from '../compare.ts'
import { target } from '../micro.ts'
import { rawP384 } from '../rivals/raw-primitives.ts'
import { runRounds, type Target } from '../rounds.ts'
import type { Row } from '../row.ts'

const LEAVES = 100_000
const MACHINES = 5_000
/** GPUs and switches of one. */
const DEVICES = 12
/** Platforms that attest again and again. */
const PLATFORMS = 64
const A_SECOND = 500

export const auditRow: Row = {
  name: 'audit',
  title: 'Audit of a log of 100,000 attestations: tree, leaves, every appraisal again',
  async run({ quick, random, progress }) {
    const root = await createLabRoot()
    const deviceRoot = createVirtualDeviceRoot(generateVirtualDeviceRootKeys(), NOW)
    const machine = { root: deviceRoot, devices: createVirtualPpcie(deviceRoot, NOW) }
    const anchors = { deviceRoots: [deviceRoot.deviceRoot.certificate], rimRoots: [deviceRoot.rimRoot.certificate] }
    const plain = { root, changes: {}, policy: virtualPolicy(root.root.certificate) }
    const withGpu = { root, changes: { machine }, policy: virtualPolicy(root.root.certificate, anchors) }
    const logs = [
      await createLog(plain, quick ? 2_000 : LEAVES),
      await createLog(withGpu, quick ? 100 : MACHINES)
    ] as const
    const raw = rawP384()
    const targets = [
      auditing('TDX', logs[0], 1),
      auditing('a device', logs[1], DEVICES),
      target('raw P-384', quick ? 200 : 2_000, raw),
      target('raw P-384 again', quick ? 200 : 2_000, raw)
    ]
    const rounds = await runRounds(targets, { rounds: quick ? 3 : 5, warmup: 1, random, progress })
    return {
      results: [
        standing(rounds, {
          label: 'TDX attestation audited',
          ours: 'TDX',
          by: 'cpu',
          ask: { atMost: 1_000_000 / A_SECOND }
        }),
        compare(rounds, {
          label: 'GPUs and switches audited a second',
          ours: 'a device',
          rival: 'raw P-384',
          control: 'raw P-384 again',
          by: 'cpu',
          beside: 'wall',
          as: 'rate',
          ask: { atLeast: 0.4 }
        })
      ],
      notes: [
        `${PLATFORMS} platforms attest in turn; one thread, no chain, files in memory. A leaf is read, its blobs are hashed, its evidence is parsed and appraised, and the leaf made anew and compared.`,
        `A machine is TDX, 8 GPUs and 4 NVSwitches, and an operation a twelfth of its leaf; its rate is held against raw P-384 verification.`
      ]
    }
  }
}

interface Lab {
  readonly root: Awaited<ReturnType<typeof createLabRoot>>
  readonly changes: EvidenceChanges
  readonly policy: Policy
}

async function createLog({ root, changes, policy }: Lab, leaves: number): Promise<AuditedLog> {
  const log = new AuditedLog()
  // Hosts of one kind are endorsed by one document.
  const { collateralBytes } = await createEvidence(root, changes)
  for (let at = 0; at < PLATFORMS; at++) {
    const random = new Uint8Array(randomBytes(32))
    const evidence = await createEvidence(root, { ...changes, challenge: { random } })
    log.attest({ ...evidence, collateralBytes }, policy)
  }
  const first = parseLeaf(log.leaves[0] ?? decodeHex(''))
  if (first.kind !== 'attestation' || first.result.status !== 'affirming')
    throw new Error('the evidence is not affirming')
  while (log.leaves.length < leaves) log.leaves.push(log.leaves[log.leaves.length % PLATFORMS] ?? decodeHex(''))
  return log
}

/** An operation is one of `parts` of a leaf. */
function auditing(name: string, log: AuditedLog, parts: number): Target {
  return {
    name,
    run: async () => {
      const [cpu, start] = [process.cpuUsage(), performance.now()]
      const { report } = await auditLog({
        ...{ files: log, key: log.key, isKeyGiven: true, seen: [], state: stateInMemory(), chain: undefined },
        reappraise: async (bytes, leaf, blobs) => reappraise(bytes, leaf, blobs),
        now: () => NOW,
        onProgress: () => {}
      })
      if (report.counts.appraised !== log.leaves.length) throw new Error(`${report.counts.appraised} appraised`)
      const [{ user, system }, wall] = [process.cpuUsage(cpu), (performance.now() - start) * 1000]
      const operations = log.leaves.length * parts
      return { operations, figures: { cpu: (user + system) / operations, wall: wall / operations } }
    }
  }
}
