// The formats of outputs, as far as rows of mini-batches are put together in the browser.

export interface OutputFormat {
  contentType: string;
  /** What a file has before its rows; empty for nothing. Rows under equal headers follow each other. */
  header(columns: readonly string[] | null): string;
}

export const csv: OutputFormat = {
  contentType: "text/csv",
  header: (columns) => (columns === null ? "" : line(columns)),
};

function line(cells: readonly string[]): string {
  const quoted = cells.map((cell) => (/[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell));
  return `${quoted.join(",")}\n`;
}
