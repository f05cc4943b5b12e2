// SPDX-License-Identifier: GPL-2.0-only

//! Files of a namespace in `/proc/net`.
//!
//! C headers: [`include/linux/proc_fs.h`](srctree/include/linux/proc_fs.h),
//! [`include/linux/seq_file.h`](srctree/include/linux/seq_file.h)

use core::{
    marker::PhantomData,
    mem::MaybeUninit,
    ptr, //
};

use kernel::{
    fmt,
    prelude::*,
    seq_file::SeqFile,
    str::CStrExt, //
};

use crate::bindings;

use super::{
    pernet::{
        Namespace,
        PernetData, //
    },
    Net, //
};

/// Who may read a file.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Readers {
    /// Everybody.
    Anyone,
    /// Root of the user namespace that owns the network namespace (mode 0440).
    Root,
    /// Who had `CAP_NET_ADMIN` in that user namespace when he opened it; for others reading fails
    /// with EPERM.
    NetAdmin,
}

/// A file, and how its text is made, piece by piece. Between two pieces nothing is held, so that a
/// reader may take all the time he wants.
pub(crate) trait File: 'static {
    /// Whose namespaces have it.
    type Data: PernetData;

    /// Where a piece begins; the default is the beginning of the text.
    type Place: Copy + Default + 'static;

    /// Its name.
    const NAME: &'static CStr;

    /// Who may read it.
    const READERS: Readers;

    /// Puts the piece that begins at `place`, which may be empty, and returns where the next one
    /// begins; none after the last. A piece is asked for again where there was no room for it. In
    /// process context.
    fn show(
        namespace: &Namespace<Self::Data>,
        place: Self::Place,
        text: &mut Text<'_>,
    ) -> Result<Option<Self::Place>>;
}

/// Where text goes.
pub(crate) struct Text<'a> {
    seq: &'a SeqFile,
}

impl Text<'_> {
    /// Puts some text. What there is no room for is dropped, and the piece is asked for again.
    pub(crate) fn put(&mut self, text: fmt::Arguments<'_>) {
        self.seq.call_printf(text);
    }
}

/// A file, ready for registration.
pub(crate) struct ProcFile<D: 'static> {
    name: &'static CStr,
    readers: Readers,
    operations: &'static bindings::seq_operations,
    state_size: usize,
    _of: PhantomData<fn(D)>,
}

impl<D> ProcFile<D> {
    /// Describes a file.
    pub(crate) const fn of<F: File<Data = D>>() -> Self {
        // The kernel's allocator promises no more.
        const { assert!(align_of::<Reader<F>>() <= align_of::<u64>()) };
        Self {
            name: F::NAME,
            readers: F::READERS,
            operations: const {
                &bindings::seq_operations {
                    start: Some(start::<F>),
                    stop: Some(stop),
                    next: Some(next::<F>),
                    show: Some(show::<F>),
                }
            },
            state_size: size_of::<Reader<F>>(),
            _of: PhantomData,
        }
    }
}

/// The files of one namespace; removed when dropped.
///
/// # Invariants
///
/// The first `count` of `files` are there.
pub(super) struct ProcFiles<D: 'static> {
    net: *mut bindings::net,
    files: &'static [ProcFile<D>],
    count: usize,
}

// SAFETY: Files are removed from whatever thread, in process context.
unsafe impl<D> Send for ProcFiles<D> {}

impl<D: PernetData> ProcFiles<D> {
    /// Makes the files (`proc_create_net()`) of a namespace, which has its data already. ENOMEM
    /// where memory is short or a name is taken, of which the kernel complains by a warning.
    ///
    /// # Safety
    ///
    /// They must be dropped before the namespace and its data are gone.
    pub(super) unsafe fn create(net: &Net, files: &'static [ProcFile<D>]) -> Result<Self> {
        let mut created = Self {
            net: net.as_ptr(),
            files,
            count: 0,
        };
        if !cfg!(CONFIG_PROC_FS) {
            return Ok(created);
        }
        for file in files {
            let mode = match file.readers {
                Readers::Anyone | Readers::NetAdmin => 0o444,
                Readers::Root => 0o440,
            };
            // SAFETY: The namespace is valid; name and operations are static, and fit the size.
            let is_there = unsafe {
                bindings::helper_proc_create_net(
                    created.net,
                    file.name.as_char_ptr(),
                    mode,
                    file.operations,
                    u32::try_from(file.state_size)?,
                )
            };
            if !is_there {
                return Err(ENOMEM);
            }
            // INVARIANT: Just made.
            created.count = created.count.wrapping_add(1);
        }
        Ok(created)
    }
}

impl<D> Drop for ProcFiles<D> {
    fn drop(&mut self) {
        for file in self.files.iter().take(self.count).rev() {
            // SAFETY: By the type invariant, and as the namespace is still there. Waits for who is
            // reading; a file that is open tells nothing any more.
            unsafe { bindings::helper_proc_remove_net(self.net, file.name.as_char_ptr()) };
        }
    }
}

/// What an open file has: all zero at first.
///
/// # Invariants
///
/// `state` is initialised where `has_begun`.
#[repr(C)]
struct Reader<F: File> {
    // The kernel's, which has to be first.
    _net: bindings::seq_net_private,
    has_begun: bool,
    state: MaybeUninit<State<F::Place>>,
}

/// How far a reader is.
struct State<P> {
    /// The number of the piece that begins at `here`.
    piece: bindings::loff_t,
    here: P,
    /// What `show` has said of that piece last; the same for another try.
    next: Option<P>,
    /// There is no such piece.
    is_over: bool,
}

impl<P: Copy + Default> State<P> {
    fn at_beginning() -> Self {
        Self {
            piece: 0,
            here: P::default(),
            next: None,
            is_over: false,
        }
    }

    fn go_on(&mut self) {
        self.piece = self.piece.wrapping_add(1);
        match self.next.take() {
            Some(place) => self.here = place,
            None => self.is_over = true,
        }
    }
}

/// # Safety
///
/// `seq` must be an open file of `F`, which nobody else uses meanwhile.
unsafe fn reader<'a, F: File>(seq: *mut bindings::seq_file) -> &'a mut Reader<F> {
    // SAFETY: By the requirement its private data has the size that was asked for, and was zeroed,
    // which the kernel's own part begins with, and the rest may be.
    unsafe { &mut *bindings::helper_seq_private(seq).cast::<Reader<F>>() }
}

/// Begins or goes on, at the piece with number `*position`: the first one, or the one that was come to.
///
/// # Safety
///
/// To be called by the kernel only, for an open file of `F`.
unsafe extern "C" fn start<F: File>(
    seq: *mut bindings::seq_file,
    position: *mut bindings::loff_t,
) -> *mut c_void {
    if F::READERS == Readers::NetAdmin {
        // SAFETY: By the requirement.
        let is_admin = unsafe { bindings::helper_seq_opener_is_admin(seq) };
        if !is_admin {
            return EPERM.to_ptr();
        }
    }
    // SAFETY: By the requirement.
    let (reader, position) = unsafe { (reader::<F>(seq), *position) };
    if position == 0 {
        reader.state.write(State::at_beginning());
        // INVARIANT: Just initialised. What was there needs no drop, as it is `Copy`.
        reader.has_begun = true;
    }
    if !reader.has_begun {
        return ptr::null_mut();
    }
    // SAFETY: By the type invariant.
    let state = unsafe { reader.state.assume_init_mut() };
    // After a piece whose text was dropped by `show`, the kernel goes on by itself.
    if position == state.piece.wrapping_add(1) && !state.is_over {
        state.go_on();
    }
    if position == state.piece && !state.is_over {
        ptr::from_mut(state).cast()
    } else {
        ptr::null_mut()
    }
}

/// # Safety
///
/// To be called by the kernel only, for an open file of `F` and what `start` has returned.
unsafe extern "C" fn next<F: File>(
    _seq: *mut bindings::seq_file,
    state: *mut c_void,
    position: *mut bindings::loff_t,
) -> *mut c_void {
    // SAFETY: By the requirement.
    let (state, position) = unsafe { (&mut *state.cast::<State<F::Place>>(), &mut *position) };
    state.go_on();
    *position = state.piece;
    if state.is_over {
        ptr::null_mut()
    } else {
        ptr::from_mut(state).cast()
    }
}

/// # Safety
///
/// To be called by the kernel only.
unsafe extern "C" fn stop(_seq: *mut bindings::seq_file, _state: *mut c_void) {
    // Nothing is held.
}

/// # Safety
///
/// To be called by the kernel only, for an open file of `F` and what `start` or `next` has returned.
unsafe extern "C" fn show<F: File>(seq: *mut bindings::seq_file, state: *mut c_void) -> c_int {
    // SAFETY: By the requirement; an open file has its namespace, and its data while the file is not
    // removed, which waits for this function.
    let (state, net) = unsafe {
        (
            &mut *state.cast::<State<F::Place>>(),
            Net::from_raw(bindings::helper_seq_net(seq)),
        )
    };
    let mut text = Text {
        // SAFETY: By the requirement; the type is the same C structure.
        seq: unsafe { SeqFile::from_raw(seq.cast()) },
    };
    match F::show(Namespace::of(net), state.here, &mut text) {
        Ok(next) => {
            state.next = next;
            0
        }
        Err(errno) => errno.to_errno(),
    }
}
