"use strict";
/*
 * Loaded into Azurite before it starts (node --require), so that what it has acknowledged outlives
 * kill -9, as in Azure. Azurite keeps its tables and blobs' properties in Loki databases, which it
 * writes to disk now and then, each as a whole. Here each change of a document is appended to
 * a journal beside its database first: a write to a file survives the death of the process.
 *
 * A journal has a number. Saving a database begins the next one, and drops the earlier ones once
 * the database is on disk. At the start, what journals are left is put into their databases.
 * Applying a change twice is harmless: each names the document and says what it is from then on.
 */
const fs = require("fs");
const path = require("path");
const Loki = require("lokijs");

const PATTERN = /^(.+\.json)\.journal\.(\d+)$/;
const journals = new WeakMap();
const quiet = new WeakSet();
const REST = 50;
const notBefore = new WeakMap();

class Journal {
  constructor(database) {
    this.base = path.resolve(database.filename);
    this.number = 0;
    this.open();
  }

  open() {
    this.number += 1;
    this.file = fs.openSync(`${this.base}.journal.${this.number}`, "a");
  }

  add(...change) {
    fs.writeSync(this.file, JSON.stringify(change) + "\n");
  }

  /** Begins a new journal; gives what drops the earlier ones. */
  turn() {
    const last = this.number;
    fs.closeSync(this.file);
    this.open();
    return () => {
      for (let number = last; number > 0; number -= 1) {
        const file = `${this.base}.journal.${number}`;
        if (!fs.existsSync(file)) return;
        fs.unlinkSync(file);
      }
    };
  }
}

function journalOf(database) {
  if (quiet.has(database)) return null;
  if (!journals.has(database)) journals.set(database, new Journal(database));
  return journals.get(database);
}

function patch(prototype, name, around) {
  const original = prototype[name];
  prototype[name] = function (...given) {
    return around.call(this, (...changed) => original.apply(this, changed), ...given);
  };
}

function watch(collection, database) {
  Object.defineProperty(collection, "$database", { value: database, configurable: true });
}

function note(collection, ...change) {
  const journal = collection.$database && journalOf(collection.$database);
  if (journal) journal.add(change[0], collection.name, ...change.slice(1));
}

patch(Loki.prototype, "loadJSONObject", function (original, ...given) {
  const wasQuiet = quiet.has(this);
  quiet.add(this);
  try {
    return original(...given);
  } finally {
    if (!wasQuiet) quiet.delete(this);
  }
});

patch(Loki.prototype, "addCollection", function (original, name, options) {
  const isNew = this.getCollection(name) === null;
  const collection = original(name, options);
  watch(collection, this);
  if (isNew) note(collection, "collection", options || {});
  return collection;
});

patch(Loki.prototype, "removeCollection", function (original, name) {
  const collection = this.getCollection(name);
  if (collection) note(collection, "drop");
  return original(name);
});

// Azurite would save every five seconds, which takes three of them where there are 200,000 blobs.
// This leaves at most a fiftieth of the time to it.
patch(Loki.prototype, "autosaveDirty", function (original) {
  return Date.now() >= (notBefore.get(this) || 0) && original();
});

patch(Loki.prototype, "close", function (original, callback) {
  notBefore.delete(this);
  return original(callback);
});

patch(Loki.prototype, "saveDatabaseInternal", function (original, callback) {
  const journal = journalOf(this);
  const drop = journal ? journal.turn() : () => {};
  const begun = Date.now();
  return original((error) => {
    notBefore.set(this, Date.now() + REST * (Date.now() - begun));
    if (!error) drop();
    if (typeof callback === "function") callback(error);
    else if (error) throw error;
  });
});

patch(Loki.Collection.prototype, "insertOne", function (original, document, bulk) {
  const inserted = original(document, bulk);
  if (inserted) note(this, "set", inserted);
  return inserted;
});

patch(Loki.Collection.prototype, "update", function (original, document) {
  const updated = original(document);
  if (!Array.isArray(document)) note(this, "set", document);
  return updated;
});

patch(Loki.Collection.prototype, "remove", function (original, document) {
  const id = typeof document === "number" ? document : document.$loki;
  const removed = original(document);
  if (!Array.isArray(document)) note(this, "unset", id);
  return removed;
});

patch(Loki.Collection.prototype, "removeBatchByPositions", function (original, positions) {
  const ids = positions.map((position) => this.data[position].$loki);
  const removed = original(positions);
  for (const id of ids) note(this, "unset", id);
  return removed;
});

/** Reads the changes of a journal; the last line may have been cut off by the end of the process. */
function changesOf(file) {
  const changes = [];
  for (const line of fs.readFileSync(file, "utf8").split("\n")) {
    try {
      changes.push(JSON.parse(line));
    } catch {
      break;
    }
  }
  return changes;
}

function apply(database, documents, [kind, name, value]) {
  if (kind === "drop") {
    database.removeCollection(name);
    documents.delete(name);
    return;
  }
  const collection = database.addCollection(name, kind === "collection" ? value : {});
  if (!documents.has(name)) {
    documents.set(name, new Map(collection.data.map((document) => [document.$loki, document])));
  }
  if (kind === "set") documents.get(name).set(value.$loki, value);
  if (kind === "unset") documents.get(name).delete(value);
}

/** Puts what journals hold into their database, and removes them. */
function recover(base, files) {
  const database = new Loki(base);
  quiet.add(database);
  if (fs.existsSync(base)) database.loadJSON(fs.readFileSync(base, "utf8"));
  const documents = new Map();
  for (const file of files) {
    for (const change of changesOf(file)) apply(database, documents, change);
  }
  for (const [name, found] of documents) {
    const collection = database.getCollection(name);
    collection.data = [...found.values()].sort((one, other) => one.$loki - other.$loki);
    for (const id of found.keys()) collection.maxId = Math.max(collection.maxId || 0, id);
    collection.ensureId();
    collection.ensureAllIndexes(true);
  }
  fs.writeFileSync(`${base}~`, database.serialize());
  fs.renameSync(`${base}~`, base);
  for (const file of files) fs.unlinkSync(file);
}

const folder = process.argv[process.argv.indexOf("--location") + 1];
const left = new Map();
for (const name of fs.existsSync(folder) ? fs.readdirSync(folder) : []) {
  const [, base, number] = PATTERN.exec(name) || [];
  if (base) left.set(base, [...(left.get(base) || []), Number(number)]);
}
for (const [name, numbers] of left) {
  const base = path.join(folder, name);
  numbers.sort((one, other) => one - other);
  recover(base, numbers.map((number) => `${base}.journal.${number}`));
}
