// The settings of one job as a form shows them, and the request that they make.

import type { Settings } from "./types";

export interface Choices {
  deployment: string;
  mini_batch_size: string;
  max_file_split_size: string;
  instance_count: string;
  max_retries: string;
  timeout: string;
  error_threshold: string;
  logging_level: string;
  output_file_name: string;
}

export function choicesOf(settings: Settings, deployment: string, outputFileName: string): Choices {
  return {
    deployment,
    mini_batch_size: String(settings.mini_batch_size),
    max_file_split_size: String(settings.max_file_split_size),
    instance_count: String(settings.compute.instance_count),
    max_retries: String(settings.retry_settings.max_retries),
    timeout: String(settings.retry_settings.timeout),
    error_threshold: String(settings.error_threshold),
    logging_level: settings.logging_level,
    output_file_name: outputFileName,
  };
}

/** The body of an invocation: the input, and those settings that differ from the deployment's. */
export function invocation(uri: string, chosen: Choices, usual: Choices): object {
  const differs = (key: keyof Choices) => chosen[key].trim() !== "" && chosen[key] !== usual[key];
  const properties: Record<string, unknown> = { dataset: { dataInputType: "DataUrl", path: uri } };
  if (differs("mini_batch_size")) properties["miniBatchSize"] = Number(chosen.mini_batch_size);
  if (differs("max_file_split_size")) properties["maxFileSplitSize"] = Number(chosen.max_file_split_size);
  if (differs("instance_count")) {
    properties["compute"] = { instanceCount: Number(chosen.instance_count) };
  }
  const retry: Record<string, number> = {};
  if (differs("max_retries")) retry["maxRetries"] = Number(chosen.max_retries);
  if (differs("timeout")) retry["timeout"] = Number(chosen.timeout);
  if (Object.keys(retry).length) properties["retrySettings"] = retry;
  if (differs("error_threshold")) properties["errorThreshold"] = Number(chosen.error_threshold);
  if (differs("logging_level")) properties["loggingLevel"] = chosen.logging_level;
  if (differs("output_file_name")) properties["outputFileName"] = chosen.output_file_name;
  return { properties };
}
