// Files from the user's machine: found in what was dropped, and put straight into Blob Storage.

import { api } from "./api";
import { inTurns, putBlob } from "./blobs";
import type { Upload } from "./types";

const FILES_A_REQUEST = 1000;
const AT_ONCE = 6;

export interface Picked {
  path: string;
  file: File;
}

/** Files that were chosen, with their paths below the chosen folder; hidden ones are left out. */
export function pickedOf(files: Iterable<File>): Picked[] {
  return visible([...files].map((file) => ({ path: file.webkitRelativePath || file.name, file })));
}

/** Files that were dropped, those in dropped folders too. */
export async function dropped(transfer: DataTransfer): Promise<Picked[]> {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry()).filter((entry) => entry !== null);
  if (!entries.length) return pickedOf(transfer.files);
  const found: Picked[] = [];
  for (const entry of entries) await collect(entry, "", found);
  return visible(found);
}

async function collect(entry: FileSystemEntry, folder: string, found: Picked[]): Promise<void> {
  const path = folder + entry.name;
  if (entry.isFile) {
    const file = await new Promise<File>((done, fail) => (entry as FileSystemFileEntry).file(done, fail));
    found.push({ path, file });
    return;
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  for (;;) {
    // A reader answers some entries at a time, and none when it has answered all.
    const some = await new Promise<FileSystemEntry[]>((done, fail) => reader.readEntries(done, fail));
    if (!some.length) return;
    for (const inner of some) await collect(inner, `${path}/`, found);
  }
}

function visible(picked: Picked[]): Picked[] {
  const shown = picked.filter(({ path }) => !path.split("/").some((part) => part.startsWith(".")));
  return shown.sort((one, other) => (one.path < other.path ? -1 : 1));
}

/** The folder that all files lie in, with a slash at its end; empty where they share none. */
export function commonFolder(paths: readonly string[]): string {
  const [first = "", ...rest] = paths;
  const folder = first.slice(0, first.indexOf("/") + 1);
  return folder && rest.every((path) => path.startsWith(folder)) ? folder : "";
}

export interface UploadState {
  files: number;
  bytes: number;
}

/** Uploads files and answers the URI of their folder.
 *
 * @param onChange is told now and then how many files and bytes have arrived.
 */
export async function upload(
  picked: readonly Picked[], onChange: (state: UploadState) => void, signal: AbortSignal,
): Promise<string> {
  let ticket: Upload | null = null;
  const sent = { files: 0, bytes: 0 };
  for (let start = 0; start < picked.length; start += FILES_A_REQUEST) {
    const some = picked.slice(start, start + FILES_A_REQUEST);
    const files = some.map(({ path }) => ({ path }));
    const made: Upload = await api.upload(ticket ? { upload_id: ticket.upload_id, files } : { files });
    ticket = made;
    await inTurns(some.length, AT_ONCE, async (index) => {
      const { file } = some[index]!;
      const place = made.files[index]!;
      if (place.url) await putBlob(place.url, place.headers, file, signal);
      sent.files += 1;
      sent.bytes += file.size;
      onChange({ ...sent });
    });
  }
  if (!ticket) throw new Error("there is no file to upload");
  const folder = commonFolder(picked.map(({ path }) => path));
  return folder ? `${ticket.uri}/${folder.slice(0, -1)}` : ticket.uri;
}
