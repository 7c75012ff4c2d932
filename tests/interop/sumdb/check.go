// Checks what Rightsdesk wrote with Go's own implementation of transparency logs, golang.org/x/mod/sumdb.
//
// Standard input: a JSON list of questions. Standard output: one JSON string for each, "ok" or why not; a question
// of the kind "make" is answered with the proofs that Go makes itself. Nothing here is code of ours but the reading
// of pages and the cosignature's form, which sumdb does not know.
package main

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type question struct {
	Kind   string   // note, record, tree, make
	Keys   []string // verifier keys; a note must be signed by every one of them
	Text   string   // note, record: the text; tree: the proof with the newer checkpoint
	Old    string   // tree: the older checkpoint
	Bodies []string // make: entries in base64
}

// cosigner is a note.Verifier for c2sp.org/tlog-cosignature, cosignature/v1.
type cosigner struct {
	name string
	hash uint32
	key  ed25519.PublicKey
}

func (c cosigner) Name() string    { return c.name }
func (c cosigner) KeyHash() uint32 { return c.hash }
func (c cosigner) Verify(msg, sig []byte) bool {
	if len(sig) != 8+ed25519.SignatureSize {
		return false
	}
	signed := fmt.Sprintf("cosignature/v1\ntime %d\n%s", binary.BigEndian.Uint64(sig), msg)
	return ed25519.Verify(c.key, []byte(signed), sig[8:])
}

func verifier(text string) (note.Verifier, error) {
	parts := strings.SplitN(text, "+", 3)
	if len(parts) != 3 {
		return nil, errors.New("no verifier key")
	}
	raw, err := base64.StdEncoding.DecodeString(parts[2])
	if err != nil || len(raw) != 33 || raw[0] != 4 {
		return note.NewVerifier(text)
	}
	sum := sha256.Sum256([]byte(parts[0] + "\n" + string(raw)))
	hash := binary.BigEndian.Uint32(sum[:])
	if fmt.Sprintf("%08x", hash) != parts[1] {
		return nil, errors.New("the key's id is not that of the key")
	}
	return cosigner{parts[0], hash, ed25519.PublicKey(raw[1:])}, nil
}

// open reads a checkpoint that every key signed.
func open(text string, keys []string) (size int64, root tlog.Hash, err error) {
	var known []note.Verifier
	for _, key := range keys {
		v, err := verifier(key)
		if err != nil {
			return 0, root, err
		}
		known = append(known, v)
	}
	n, err := note.Open([]byte(text), note.VerifierList(known...))
	if err != nil {
		return 0, root, err
	}
	if len(n.Sigs) != len(known) {
		return 0, root, fmt.Errorf("%d of %d signatures", len(n.Sigs), len(known))
	}
	lines := strings.Split(n.Text, "\n")
	if len(lines) != 4 || lines[0] != known[0].Name() {
		return 0, root, errors.New("no checkpoint of this log")
	}
	if size, err = strconv.ParseInt(lines[1], 10, 64); err != nil {
		return 0, root, err
	}
	root, err = tlog.ParseHash(lines[2])
	return size, root, err
}

// page splits "<head lines>\n\n<note>" and reads the hashes after `skip` lines.
func page(text string, skip int) (top []string, hashes []tlog.Hash, rest string, err error) {
	before, rest, found := strings.Cut(text, "\n\n")
	top = strings.Split(before, "\n")
	if !found || len(top) < skip {
		return nil, nil, "", errors.New("no proof")
	}
	for _, line := range top[skip:] {
		hash, err := tlog.ParseHash(line)
		if err != nil {
			return nil, nil, "", err
		}
		hashes = append(hashes, hash)
	}
	return top, hashes, rest, nil
}

func record(q question) error {
	top, hashes, rest, err := page(q.Text, 3)
	if err != nil || top[0] != "c2sp.org/tlog-proof@v1" {
		return errors.New("no tlog-proof")
	}
	body, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(top[1], "extra "))
	if err != nil {
		return err
	}
	index, err := strconv.ParseInt(strings.TrimPrefix(top[2], "index "), 10, 64)
	if err != nil {
		return err
	}
	size, root, err := open(rest, q.Keys)
	if err != nil {
		return err
	}
	return tlog.CheckRecord(hashes, size, root, index, tlog.RecordHash(body))
}

func tree(q question) error {
	top, hashes, rest, err := page(q.Text, 1)
	if err != nil {
		return err
	}
	oldSize, oldRoot, err := open(q.Old, q.Keys)
	if err != nil {
		return err
	}
	if top[0] != fmt.Sprintf("old %d", oldSize) {
		return errors.New("a proof for another size")
	}
	size, root, err := open(rest, q.Keys)
	if err != nil {
		return err
	}
	return tlog.CheckTree(hashes, size, root, oldSize, oldRoot)
}

// made are the proofs that Go makes of a log: its root, the path of each entry, the path from each older size.
type made struct {
	Root    tlog.Hash
	Records [][]tlog.Hash
	Trees   [][]tlog.Hash
}

func makeAll(bodies []string) (m made, err error) {
	var stored []tlog.Hash
	reader := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		found := make([]tlog.Hash, len(indexes))
		for i, index := range indexes {
			found[i] = stored[index]
		}
		return found, nil
	})
	for i, text := range bodies {
		body, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			return m, err
		}
		hashes, err := tlog.StoredHashes(int64(i), body, reader)
		if err != nil {
			return m, err
		}
		stored = append(stored, hashes...)
	}
	size := int64(len(bodies))
	if m.Root, err = tlog.TreeHash(size, reader); err != nil {
		return m, err
	}
	for i := int64(0); i < size; i++ {
		proof, err := tlog.ProveRecord(size, i, reader)
		if err != nil {
			return m, err
		}
		m.Records = append(m.Records, append([]tlog.Hash{}, proof...))
		grown, err := tlog.ProveTree(size, i+1, reader)
		if err != nil {
			return m, err
		}
		m.Trees = append(m.Trees, append([]tlog.Hash{}, grown...))
	}
	return m, nil
}

func answer(q question) (interface{}, error) {
	switch q.Kind {
	case "note":
		_, _, err := open(q.Text, q.Keys)
		return "ok", err
	case "record":
		return "ok", record(q)
	case "tree":
		return "ok", tree(q)
	case "make":
		return makeAll(q.Bodies)
	}
	return nil, errors.New("no such question")
}

func main() {
	var questions []question
	if err := json.NewDecoder(os.Stdin).Decode(&questions); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	out := json.NewEncoder(os.Stdout)
	for _, q := range questions {
		found, err := answer(q)
		if err != nil {
			found = "refused: " + err.Error()
		}
		if err := out.Encode(found); err != nil {
			os.Exit(2)
		}
	}
}
