/* SPDX-License-Identifier: ISC */
/* lab.h - what a lab is: its networks, VMs and NICs */
#ifndef QLAB_LAB_H
#define QLAB_LAB_H

#include <netinet/in.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "qerr.h"
#include "strv.h"

/* Names match [A-Za-z0-9][A-Za-z0-9_.-]{0,30}. */
#define LAB_NAMESZ	32
/* A lab file may have this many bytes, networks, VMs, and entries a list. */
#define LAB_FILE_MAX	(1024 * 1024)
#define LAB_NETS_MAX	256
#define LAB_VMS_MAX	1024
#define LAB_LIST_MAX	64
#define LAB_ARGS_MAX	1024
/* A NIC's id within its VM: network name, with ".2" and up for repeats. */
#define LAB_NICSZ	48

enum net_mode { NET_SHARED, NET_HOST, NET_BRIDGED, NET_USER };
enum net_backend { BACKEND_AUTO, BACKEND_VMNET, BACKEND_BRIDGE,
    BACKEND_USERSPACE };

/* Where a key stood in the lab file; 0: not given there. */
struct lab_net_lines {
	int subnet, gateway, range, dhcp, uuid, isolated, nat66_prefix,
	    uplink, mtu, transparent, backend;
};

struct lab_net {
	char name[LAB_NAMESZ];
	int line;			/* of its name in the lab file, or 0 */
	struct lab_net_lines at;
	enum net_mode mode;
	enum net_backend backend;
	/*
	 * All IPv4 addresses in host byte order.  lab_finish() fills what the
	 * file leaves out; subnet may have host bits set until lint refused.
	 */
	uint32_t subnet;
	int plen;			/* -1: not given */
	uint32_t gateway;		/* 0: not given */
	uint32_t range_lo, range_hi;	/* DHCP pool; 0: not given */
	bool dhcp;			/* default on for shared and host */
	char uuid[37];			/* "" or 36 characters, as given */
	bool isolated;
	char *nat66_prefix;		/* NULL or text */
	char *uplink;			/* NULL or interface (bridged) */
	int mtu;			/* 0: default 1500 */
	bool transparent;
};

struct lab_disk {
	char *file;			/* absolute or relative to lab->dir */
	char *base;			/* NULL, or file is an overlay on it */
	uint64_t create_bytes;		/* 0, or made with this size */
	int line;
};

struct lab_nic {
	char id[LAB_NICSZ];		/* as in VM/NIC, set by lab_finish() */
	char net[LAB_NAMESZ];		/* "" for an own user network */
	enum net_mode mode;		/* of its network, by lab_finish() */
	uint8_t mac[6];
	bool has_mac;			/* given, not derived */
	char *model;			/* default virtio-net-pci */
	bool link_down;
	int line, mac_line;
};

struct lab_forward {
	char proto[4];			/* tcp, udp */
	uint32_t host_addr;		/* host order; 0.0.0.0 when not given */
	bool has_addr;
	uint16_t host_port, guest_port;
	int line;
};

/* One thing that must hold for the VM to be ready. */
enum lab_ready_kind { READY_CONSOLE, READY_TCP, READY_LEASE };
struct lab_ready {
	enum lab_ready_kind kind;
	char *pattern;			/* console: POSIX extended regex */
	uint16_t port;			/* tcp */
	int line;
};

struct lab_vm {
	char name[LAB_NAMESZ];
	int line;
	struct lab_disk *disks;
	size_t ndisks;
	struct lab_nic *nics;
	size_t nnics;
	struct lab_forward *forwards;
	size_t nforwards;
	struct lab_ready *ready;
	size_t nready;
	char *cdrom, *boot, *kernel, *initrd, *append;	/* NULL: not given */
	int cdrom_line, kernel_line, initrd_line;
	char *arch;			/* x86_64, aarch64, ...; host's */
	char *machine;			/* -M; NULL: QEMU's or ours */
	char *accel;			/* auto, hvf, kvm, tcg; NULL: auto */
	char *cpu;
	uint64_t memory_mib;		/* default 256 */
	int cpus;			/* default 1 */
	char *disk_bus;			/* virtio (default), scsi, ide */
	char *display;			/* none (default), window, ... */
	bool snapshot;
	struct strv args;		/* appended to QEMU's command line */
};

struct lab {
	char name[LAB_NAMESZ];
	char *file;			/* as given: for messages; or NULL */
	char *path;			/* real path of the file, or NULL */
	char *dir;			/* directory that paths start from */
	struct lab_net *nets;
	size_t nnets;
	struct lab_vm *vms;
	size_t nvms;
};

/*
 * Parse a lab file's text.  file is what messages call it; dir is what its
 * paths are relative to; both are copied.  An absolute file is taken for the
 * lab's path too, so that text kept from a lab_load() gives the same derived
 * MACs and UUIDs again.  The default name is file's base name without .yaml or
 * .yml.  On error -1, *e says "FILE:LINE: text" (several lines when several
 * things are wrong, the first ones), kind QERR_INPUT.  *lab is initialised
 * either way; lab_free() it.  Calls lab_finish().
 */
int	lab_parse(struct lab *lab, const char *text, size_t len,
	    const char *file, const char *dir, struct qerr *e);

/*
 * Read and parse; path is the file's real path, dir the directory part of
 * file as given.  A file that is not there is QERR_NOTFOUND.
 */
int	lab_load(struct lab *lab, const char *file, struct qerr *e);

/* A file's text, at most LAB_FILE_MAX bytes; free it. */
char	*lab_read_file(const char *file, size_t *len, struct qerr *e);

/*
 * Fill what was left out: modes and ids of NICs; subnets of shared and host
 * networks (the first free 10.77.N.0/24 of this lab), gateways (the subnet's
 * first address) and ranges (the hosts above the gateway, or below it when
 * more lie there); MACs (all zero means left out) from
 * "PATH/NETWORK/VM/NIC", and UUIDs of host networks without DHCP from
 * "PATH/NETWORK", where PATH is the lab's path, else its name.  Switches dhcp
 * off where qlab has no say (bridged, user).  Idempotent.  Unknown networks
 * are left for lint to refuse.
 */
void	lab_finish(struct lab *lab);

void	lab_init(struct lab *lab);
void	lab_free(struct lab *lab);

struct lab_net	*lab_net_find(const struct lab *lab, const char *name);
struct lab_vm	*lab_vm_find(const struct lab *lab, const char *name);
/* Append a zeroed one with defaults set; the pointer lives until the next. */
struct lab_net	*lab_net_add(struct lab *lab, const char *name);
struct lab_vm	*lab_vm_add(struct lab *lab, const char *name);
struct lab_nic	*lab_nic_add(struct lab_vm *vm);
struct lab_disk	*lab_disk_add(struct lab_vm *vm);
struct lab_forward *lab_forward_add(struct lab_vm *vm);
struct lab_ready *lab_ready_add(struct lab_vm *vm);

/*
 * file relative to the lab's directory as a path usable from here; free it.
 * Never looks like an option, nor to QEMU like a protocol ("nbd:...").
 */
char	*lab_path(const struct lab *lab, const char *file);

/*
 * Usable as the name of a lab, network or VM?  Reserved are the words that the
 * tools' operands use, the name of the way out, and the registry's own files.
 */
bool	lab_name_ok(const char *name);
/* NULL when it is, else why not, to follow the name in a message. */
const char	*lab_name_problem(const char *name);
/*
 * Single values, as the lab file and the command line's flags share them.
 * Return 0, or -1 (QERR_INPUT) with a message that quotes the value.
 */
int	lab_parse_mode(const char *s, enum net_mode *mode, struct qerr *e);
int	lab_parse_backend(const char *s, enum net_backend *b, struct qerr *e);
/* on, yes, true; off, no, false. */
int	lab_parse_bool(const char *s, bool *b, struct qerr *e);
/* Decimal digits only, min..max. */
int	lab_parse_number(const char *s, uint64_t min, uint64_t max, uint64_t *n,
	    struct qerr *e);
/* Memory: "512M", "2G", "1T"; without a suffix MiB.  Up to 16 TiB. */
int	lab_parse_size_mib(const char *s, uint64_t *mib, struct qerr *e);
/* A disk: "2G" with K, M, G or T, or bytes.  1 MiB up to 1 PiB. */
int	lab_parse_size_bytes(const char *s, uint64_t *bytes, struct qerr *e);
/* "A-B", in the order given: lint refuses a reversed one. */
int	lab_parse_range(const char *s, uint32_t *lo, uint32_t *hi,
	    struct qerr *e);
/* "PROTO:[ADDRESS:]HOSTPORT:GUESTPORT"; leaves line alone. */
int	lab_parse_forward(const char *s, struct lab_forward *f, struct qerr *e);
/* A word that goes into QEMU's options as it stands. */
bool	lab_plain_word(const char *s);
/* auto, hvf, kvm or tcg? */
int	lab_parse_accel(const char *s, struct qerr *e);
/* The names that macOS and Debian use are taken for QEMU's; free *arch. */
int	lab_parse_arch(const char *s, char **arch, struct qerr *e);
/* A POSIX extended regular expression that is safe to use? */
int	lab_parse_pattern(const char *s, struct qerr *e);
/* An interface's name: 1 to 15 bytes without '/', ':', '%' and blanks. */
int	lab_parse_ifname(const char *s, struct qerr *e);
const char	*net_mode_name(enum net_mode mode);
const char	*net_backend_name(enum net_backend b);

#endif
