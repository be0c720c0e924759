// Original file: bombyx/v1/blobs.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { GetBlobRequest as _bombyx_v1_GetBlobRequest, GetBlobRequest__Output as _bombyx_v1_GetBlobRequest__Output } from '../../bombyx/v1/GetBlobRequest.ts';
import type { GetBlobResponse as _bombyx_v1_GetBlobResponse, GetBlobResponse__Output as _bombyx_v1_GetBlobResponse__Output } from '../../bombyx/v1/GetBlobResponse.ts';

/**
 * Evidence bundles, collateral and policies by their digest. Whoever asks compares the digest, so any server will do.
 */
export interface BlobsClient extends grpc.Client {
  /**
   * NOT_FOUND when this server does not hold it. At most 4 MiB.
   */
  GetBlob(argument: _bombyx_v1_GetBlobRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_GetBlobResponse__Output>): grpc.ClientUnaryCall;
  GetBlob(argument: _bombyx_v1_GetBlobRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_bombyx_v1_GetBlobResponse__Output>): grpc.ClientUnaryCall;
  GetBlob(argument: _bombyx_v1_GetBlobRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_GetBlobResponse__Output>): grpc.ClientUnaryCall;
  GetBlob(argument: _bombyx_v1_GetBlobRequest, callback: grpc.requestCallback<_bombyx_v1_GetBlobResponse__Output>): grpc.ClientUnaryCall;
  /**
   * NOT_FOUND when this server does not hold it. At most 4 MiB.
   */
  getBlob(argument: _bombyx_v1_GetBlobRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_GetBlobResponse__Output>): grpc.ClientUnaryCall;
  getBlob(argument: _bombyx_v1_GetBlobRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_bombyx_v1_GetBlobResponse__Output>): grpc.ClientUnaryCall;
  getBlob(argument: _bombyx_v1_GetBlobRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_GetBlobResponse__Output>): grpc.ClientUnaryCall;
  getBlob(argument: _bombyx_v1_GetBlobRequest, callback: grpc.requestCallback<_bombyx_v1_GetBlobResponse__Output>): grpc.ClientUnaryCall;
  
}

/**
 * Evidence bundles, collateral and policies by their digest. Whoever asks compares the digest, so any server will do.
 */
export interface BlobsHandlers extends grpc.UntypedServiceImplementation {
  /**
   * NOT_FOUND when this server does not hold it. At most 4 MiB.
   */
  GetBlob: grpc.handleUnaryCall<_bombyx_v1_GetBlobRequest__Output, _bombyx_v1_GetBlobResponse>;
  
}

export interface BlobsDefinition extends grpc.ServiceDefinition {
  GetBlob: MethodDefinition<_bombyx_v1_GetBlobRequest, _bombyx_v1_GetBlobResponse, _bombyx_v1_GetBlobRequest__Output, _bombyx_v1_GetBlobResponse__Output>
}
