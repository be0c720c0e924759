// Original file: bombyx/v1/log.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { AppendRequest as _bombyx_v1_AppendRequest, AppendRequest__Output as _bombyx_v1_AppendRequest__Output } from '../../bombyx/v1/AppendRequest.ts';
import type { AppendResponse as _bombyx_v1_AppendResponse, AppendResponse__Output as _bombyx_v1_AppendResponse__Output } from '../../bombyx/v1/AppendResponse.ts';
import type { GetAnchorRequest as _bombyx_v1_GetAnchorRequest, GetAnchorRequest__Output as _bombyx_v1_GetAnchorRequest__Output } from '../../bombyx/v1/GetAnchorRequest.ts';
import type { GetAnchorResponse as _bombyx_v1_GetAnchorResponse, GetAnchorResponse__Output as _bombyx_v1_GetAnchorResponse__Output } from '../../bombyx/v1/GetAnchorResponse.ts';
import type { GetBlobRequest as _bombyx_v1_GetBlobRequest, GetBlobRequest__Output as _bombyx_v1_GetBlobRequest__Output } from '../../bombyx/v1/GetBlobRequest.ts';
import type { GetBlobResponse as _bombyx_v1_GetBlobResponse, GetBlobResponse__Output as _bombyx_v1_GetBlobResponse__Output } from '../../bombyx/v1/GetBlobResponse.ts';
import type { GetCheckpointRequest as _bombyx_v1_GetCheckpointRequest, GetCheckpointRequest__Output as _bombyx_v1_GetCheckpointRequest__Output } from '../../bombyx/v1/GetCheckpointRequest.ts';
import type { GetCheckpointResponse as _bombyx_v1_GetCheckpointResponse, GetCheckpointResponse__Output as _bombyx_v1_GetCheckpointResponse__Output } from '../../bombyx/v1/GetCheckpointResponse.ts';
import type { GetConsistencyRequest as _bombyx_v1_GetConsistencyRequest, GetConsistencyRequest__Output as _bombyx_v1_GetConsistencyRequest__Output } from '../../bombyx/v1/GetConsistencyRequest.ts';
import type { GetConsistencyResponse as _bombyx_v1_GetConsistencyResponse, GetConsistencyResponse__Output as _bombyx_v1_GetConsistencyResponse__Output } from '../../bombyx/v1/GetConsistencyResponse.ts';
import type { GetProofRequest as _bombyx_v1_GetProofRequest, GetProofRequest__Output as _bombyx_v1_GetProofRequest__Output } from '../../bombyx/v1/GetProofRequest.ts';
import type { GetProofResponse as _bombyx_v1_GetProofResponse, GetProofResponse__Output as _bombyx_v1_GetProofResponse__Output } from '../../bombyx/v1/GetProofResponse.ts';

/**
 * The transparency log's side that writers and services talk to. Strangers read it over HTTP, as C2SP tlog-tiles says.
 */
export interface LogClient extends grpc.Client {
  /**
   * Takes a writer's entries in the order of their sequences, each once, and answers when their checkpoint is signed and
   * durable. Repeating a call is safe and gives the same indices.
   * Refuses LEAF_MALFORMED, LOG_BLOB_MISSING, LOG_SEQUENCE_GAP, LOG_SEQUENCE_CONFLICT.
   */
  Append(argument: _bombyx_v1_AppendRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_AppendResponse__Output>): grpc.ClientUnaryCall;
  Append(argument: _bombyx_v1_AppendRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_bombyx_v1_AppendResponse__Output>): grpc.ClientUnaryCall;
  Append(argument: _bombyx_v1_AppendRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_AppendResponse__Output>): grpc.ClientUnaryCall;
  Append(argument: _bombyx_v1_AppendRequest, callback: grpc.requestCallback<_bombyx_v1_AppendResponse__Output>): grpc.ClientUnaryCall;
  /**
   * Takes a writer's entries in the order of their sequences, each once, and answers when their checkpoint is signed and
   * durable. Repeating a call is safe and gives the same indices.
   * Refuses LEAF_MALFORMED, LOG_BLOB_MISSING, LOG_SEQUENCE_GAP, LOG_SEQUENCE_CONFLICT.
   */
  append(argument: _bombyx_v1_AppendRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_AppendResponse__Output>): grpc.ClientUnaryCall;
  append(argument: _bombyx_v1_AppendRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_bombyx_v1_AppendResponse__Output>): grpc.ClientUnaryCall;
  append(argument: _bombyx_v1_AppendRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_AppendResponse__Output>): grpc.ClientUnaryCall;
  append(argument: _bombyx_v1_AppendRequest, callback: grpc.requestCallback<_bombyx_v1_AppendResponse__Output>): grpc.ClientUnaryCall;
  
  /**
   * How far the log is anchored on TON. NOT_FOUND for a log that is not.
   */
  GetAnchor(argument: _bombyx_v1_GetAnchorRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_GetAnchorResponse__Output>): grpc.ClientUnaryCall;
  GetAnchor(argument: _bombyx_v1_GetAnchorRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_bombyx_v1_GetAnchorResponse__Output>): grpc.ClientUnaryCall;
  GetAnchor(argument: _bombyx_v1_GetAnchorRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_GetAnchorResponse__Output>): grpc.ClientUnaryCall;
  GetAnchor(argument: _bombyx_v1_GetAnchorRequest, callback: grpc.requestCallback<_bombyx_v1_GetAnchorResponse__Output>): grpc.ClientUnaryCall;
  /**
   * How far the log is anchored on TON. NOT_FOUND for a log that is not.
   */
  getAnchor(argument: _bombyx_v1_GetAnchorRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_GetAnchorResponse__Output>): grpc.ClientUnaryCall;
  getAnchor(argument: _bombyx_v1_GetAnchorRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_bombyx_v1_GetAnchorResponse__Output>): grpc.ClientUnaryCall;
  getAnchor(argument: _bombyx_v1_GetAnchorRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_GetAnchorResponse__Output>): grpc.ClientUnaryCall;
  getAnchor(argument: _bombyx_v1_GetAnchorRequest, callback: grpc.requestCallback<_bombyx_v1_GetAnchorResponse__Output>): grpc.ClientUnaryCall;
  
  /**
   * What a leaf names by digest. NOT_FOUND when the log does not hold it.
   */
  GetBlob(argument: _bombyx_v1_GetBlobRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_GetBlobResponse__Output>): grpc.ClientUnaryCall;
  GetBlob(argument: _bombyx_v1_GetBlobRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_bombyx_v1_GetBlobResponse__Output>): grpc.ClientUnaryCall;
  GetBlob(argument: _bombyx_v1_GetBlobRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_GetBlobResponse__Output>): grpc.ClientUnaryCall;
  GetBlob(argument: _bombyx_v1_GetBlobRequest, callback: grpc.requestCallback<_bombyx_v1_GetBlobResponse__Output>): grpc.ClientUnaryCall;
  /**
   * What a leaf names by digest. NOT_FOUND when the log does not hold it.
   */
  getBlob(argument: _bombyx_v1_GetBlobRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_GetBlobResponse__Output>): grpc.ClientUnaryCall;
  getBlob(argument: _bombyx_v1_GetBlobRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_bombyx_v1_GetBlobResponse__Output>): grpc.ClientUnaryCall;
  getBlob(argument: _bombyx_v1_GetBlobRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_GetBlobResponse__Output>): grpc.ClientUnaryCall;
  getBlob(argument: _bombyx_v1_GetBlobRequest, callback: grpc.requestCallback<_bombyx_v1_GetBlobResponse__Output>): grpc.ClientUnaryCall;
  
  /**
   * The newest checkpoint, with the log's own timestamped cosignature.
   */
  GetCheckpoint(argument: _bombyx_v1_GetCheckpointRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_GetCheckpointResponse__Output>): grpc.ClientUnaryCall;
  GetCheckpoint(argument: _bombyx_v1_GetCheckpointRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_bombyx_v1_GetCheckpointResponse__Output>): grpc.ClientUnaryCall;
  GetCheckpoint(argument: _bombyx_v1_GetCheckpointRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_GetCheckpointResponse__Output>): grpc.ClientUnaryCall;
  GetCheckpoint(argument: _bombyx_v1_GetCheckpointRequest, callback: grpc.requestCallback<_bombyx_v1_GetCheckpointResponse__Output>): grpc.ClientUnaryCall;
  /**
   * The newest checkpoint, with the log's own timestamped cosignature.
   */
  getCheckpoint(argument: _bombyx_v1_GetCheckpointRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_GetCheckpointResponse__Output>): grpc.ClientUnaryCall;
  getCheckpoint(argument: _bombyx_v1_GetCheckpointRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_bombyx_v1_GetCheckpointResponse__Output>): grpc.ClientUnaryCall;
  getCheckpoint(argument: _bombyx_v1_GetCheckpointRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_GetCheckpointResponse__Output>): grpc.ClientUnaryCall;
  getCheckpoint(argument: _bombyx_v1_GetCheckpointRequest, callback: grpc.requestCallback<_bombyx_v1_GetCheckpointResponse__Output>): grpc.ClientUnaryCall;
  
  /**
   * That the newest checkpoint, or the tree of a size below its, extends the tree of an older size.
   */
  GetConsistency(argument: _bombyx_v1_GetConsistencyRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_GetConsistencyResponse__Output>): grpc.ClientUnaryCall;
  GetConsistency(argument: _bombyx_v1_GetConsistencyRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_bombyx_v1_GetConsistencyResponse__Output>): grpc.ClientUnaryCall;
  GetConsistency(argument: _bombyx_v1_GetConsistencyRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_GetConsistencyResponse__Output>): grpc.ClientUnaryCall;
  GetConsistency(argument: _bombyx_v1_GetConsistencyRequest, callback: grpc.requestCallback<_bombyx_v1_GetConsistencyResponse__Output>): grpc.ClientUnaryCall;
  /**
   * That the newest checkpoint, or the tree of a size below its, extends the tree of an older size.
   */
  getConsistency(argument: _bombyx_v1_GetConsistencyRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_GetConsistencyResponse__Output>): grpc.ClientUnaryCall;
  getConsistency(argument: _bombyx_v1_GetConsistencyRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_bombyx_v1_GetConsistencyResponse__Output>): grpc.ClientUnaryCall;
  getConsistency(argument: _bombyx_v1_GetConsistencyRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_GetConsistencyResponse__Output>): grpc.ClientUnaryCall;
  getConsistency(argument: _bombyx_v1_GetConsistencyRequest, callback: grpc.requestCallback<_bombyx_v1_GetConsistencyResponse__Output>): grpc.ClientUnaryCall;
  
  /**
   * That a leaf is in the newest checkpoint: a C2SP tlog-proof. NOT_FOUND where no signed checkpoint covers it yet.
   */
  GetProof(argument: _bombyx_v1_GetProofRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_GetProofResponse__Output>): grpc.ClientUnaryCall;
  GetProof(argument: _bombyx_v1_GetProofRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_bombyx_v1_GetProofResponse__Output>): grpc.ClientUnaryCall;
  GetProof(argument: _bombyx_v1_GetProofRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_GetProofResponse__Output>): grpc.ClientUnaryCall;
  GetProof(argument: _bombyx_v1_GetProofRequest, callback: grpc.requestCallback<_bombyx_v1_GetProofResponse__Output>): grpc.ClientUnaryCall;
  /**
   * That a leaf is in the newest checkpoint: a C2SP tlog-proof. NOT_FOUND where no signed checkpoint covers it yet.
   */
  getProof(argument: _bombyx_v1_GetProofRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_GetProofResponse__Output>): grpc.ClientUnaryCall;
  getProof(argument: _bombyx_v1_GetProofRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_bombyx_v1_GetProofResponse__Output>): grpc.ClientUnaryCall;
  getProof(argument: _bombyx_v1_GetProofRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_GetProofResponse__Output>): grpc.ClientUnaryCall;
  getProof(argument: _bombyx_v1_GetProofRequest, callback: grpc.requestCallback<_bombyx_v1_GetProofResponse__Output>): grpc.ClientUnaryCall;
  
}

/**
 * The transparency log's side that writers and services talk to. Strangers read it over HTTP, as C2SP tlog-tiles says.
 */
export interface LogHandlers extends grpc.UntypedServiceImplementation {
  /**
   * Takes a writer's entries in the order of their sequences, each once, and answers when their checkpoint is signed and
   * durable. Repeating a call is safe and gives the same indices.
   * Refuses LEAF_MALFORMED, LOG_BLOB_MISSING, LOG_SEQUENCE_GAP, LOG_SEQUENCE_CONFLICT.
   */
  Append: grpc.handleUnaryCall<_bombyx_v1_AppendRequest__Output, _bombyx_v1_AppendResponse>;
  
  /**
   * How far the log is anchored on TON. NOT_FOUND for a log that is not.
   */
  GetAnchor: grpc.handleUnaryCall<_bombyx_v1_GetAnchorRequest__Output, _bombyx_v1_GetAnchorResponse>;
  
  /**
   * What a leaf names by digest. NOT_FOUND when the log does not hold it.
   */
  GetBlob: grpc.handleUnaryCall<_bombyx_v1_GetBlobRequest__Output, _bombyx_v1_GetBlobResponse>;
  
  /**
   * The newest checkpoint, with the log's own timestamped cosignature.
   */
  GetCheckpoint: grpc.handleUnaryCall<_bombyx_v1_GetCheckpointRequest__Output, _bombyx_v1_GetCheckpointResponse>;
  
  /**
   * That the newest checkpoint, or the tree of a size below its, extends the tree of an older size.
   */
  GetConsistency: grpc.handleUnaryCall<_bombyx_v1_GetConsistencyRequest__Output, _bombyx_v1_GetConsistencyResponse>;
  
  /**
   * That a leaf is in the newest checkpoint: a C2SP tlog-proof. NOT_FOUND where no signed checkpoint covers it yet.
   */
  GetProof: grpc.handleUnaryCall<_bombyx_v1_GetProofRequest__Output, _bombyx_v1_GetProofResponse>;
  
}

export interface LogDefinition extends grpc.ServiceDefinition {
  Append: MethodDefinition<_bombyx_v1_AppendRequest, _bombyx_v1_AppendResponse, _bombyx_v1_AppendRequest__Output, _bombyx_v1_AppendResponse__Output>
  GetAnchor: MethodDefinition<_bombyx_v1_GetAnchorRequest, _bombyx_v1_GetAnchorResponse, _bombyx_v1_GetAnchorRequest__Output, _bombyx_v1_GetAnchorResponse__Output>
  GetBlob: MethodDefinition<_bombyx_v1_GetBlobRequest, _bombyx_v1_GetBlobResponse, _bombyx_v1_GetBlobRequest__Output, _bombyx_v1_GetBlobResponse__Output>
  GetCheckpoint: MethodDefinition<_bombyx_v1_GetCheckpointRequest, _bombyx_v1_GetCheckpointResponse, _bombyx_v1_GetCheckpointRequest__Output, _bombyx_v1_GetCheckpointResponse__Output>
  GetConsistency: MethodDefinition<_bombyx_v1_GetConsistencyRequest, _bombyx_v1_GetConsistencyResponse, _bombyx_v1_GetConsistencyRequest__Output, _bombyx_v1_GetConsistencyResponse__Output>
  GetProof: MethodDefinition<_bombyx_v1_GetProofRequest, _bombyx_v1_GetProofResponse, _bombyx_v1_GetProofRequest__Output, _bombyx_v1_GetProofResponse__Output>
}
