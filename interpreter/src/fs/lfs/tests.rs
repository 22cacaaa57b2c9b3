use alloc::format;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

use super::*;
use crate::hal::host::Host;

fn board() -> (Host, Lfs) {
    let mut host = Host::new(32);
    Lfs::format(&mut host).unwrap();
    let fs = Lfs::mount(&mut host).unwrap();
    (host, fs)
}

fn put(fs: &mut Lfs, host: &mut Host, path: &str, bytes: &[u8]) -> FsResult {
    let file = fs.open(host, path, OpenMode::REPLACE)?;
    let written = fs.write(host, file, bytes);
    let closed = fs.close(host, file);
    written?;
    closed
}

fn get(fs: &mut Lfs, host: &mut Host, path: &str) -> FsResult<Vec<u8>> {
    let file = fs.open(host, path, OpenMode::READ)?;
    let mut out = vec![0; fs.size(host, file)? as usize];
    let n = fs.read(host, file, &mut out)?;
    fs.close(host, file)?;
    assert_eq!(n, out.len());
    Ok(out)
}

fn names(fs: &mut Lfs, host: &mut Host, path: &str) -> Vec<String> {
    let mut out = Vec::new();
    fs.list(host, path, |e| out.push(e.name)).unwrap();
    out
}

#[test]
fn keeps_files_and_folders_over_a_remount() {
    let (mut host, mut fs) = board();
    fs.mkdir(&mut host, "/lib").unwrap();
    let big: Vec<u8> = (0..20_000u32).map(|i| (i * 7) as u8).collect();
    put(&mut fs, &mut host, "/lib/big.bin", &big).unwrap();
    put(&mut fs, &mut host, "/main.py", b"print(1)\n").unwrap();
    fs.unmount(&mut host).unwrap();
    let mut fs = Lfs::mount(&mut host).unwrap();
    assert_eq!(names(&mut fs, &mut host, "/"), ["lib", "main.py"]);
    assert_eq!(get(&mut fs, &mut host, "/lib/big.bin").unwrap(), big);
    assert_eq!(fs.stat(&mut host, "/main.py").unwrap().size, 9);
    assert_eq!(fs.stat(&mut host, "/lib").unwrap().kind, Kind::Dir);
    assert_eq!(fs.remove(&mut host, "/lib"), Err(FsError(39)));
    fs.rename(&mut host, "/main.py", "/lib/boot.py").unwrap();
    assert_eq!(names(&mut fs, &mut host, "/"), ["lib"]);
}

#[test]
fn seeks_appends_and_truncates() {
    let (mut host, mut fs) = board();
    put(&mut fs, &mut host, "/f", b"hello").unwrap();
    let mode = OpenMode { write: true, append: true, ..OpenMode::READ };
    let file = fs.open(&mut host, "/f", mode).unwrap();
    fs.write(&mut host, file, b" world").unwrap();
    assert_eq!(fs.seek(&mut host, file, -5, Whence::End), Ok(6));
    let mut buf = [0; 8];
    assert_eq!(fs.read(&mut host, file, &mut buf), Ok(5));
    assert_eq!(&buf[..5], b"world");
    fs.truncate(&mut host, file, 4).unwrap();
    fs.close(&mut host, file).unwrap();
    assert_eq!(get(&mut fs, &mut host, "/f").unwrap(), b"hell");
}

#[test]
fn a_closed_handle_stays_closed() {
    let (mut host, mut fs) = board();
    let first = fs.open(&mut host, "/a", OpenMode::REPLACE).unwrap();
    fs.close(&mut host, first).unwrap();
    let second = fs.open(&mut host, "/b", OpenMode::REPLACE).unwrap();
    assert_eq!(fs.write(&mut host, first, b"x"), Err(FsError::BAD_HANDLE));
    assert_eq!(fs.read(&mut host, second, &mut [0]), Err(FsError::BAD_HANDLE), "opened for writing only");
    assert_eq!(fs.open(&mut host, "/missing", OpenMode::READ), Err(FsError::NO_ENTRY));
}

#[test]
fn a_full_flash_is_an_error_and_loses_nothing() {
    let (mut host, mut fs) = board();
    put(&mut fs, &mut host, "/keep", &[7; 3000]).unwrap();
    let mut count = 0;
    let error = loop {
        match put(&mut fs, &mut host, &format!("/fill{count}"), &[count as u8; 9000]) {
            Ok(()) => count += 1,
            Err(e) => break e,
        }
    };
    assert_eq!(error, FsError::NO_SPACE);
    assert!(count >= 5, "only {count} files fitted");
    fs.unmount(&mut host).unwrap();
    let mut fs = Lfs::mount(&mut host).unwrap();
    assert_eq!(get(&mut fs, &mut host, "/keep").unwrap(), [7; 3000]);
    for i in 0..count {
        assert_eq!(get(&mut fs, &mut host, &format!("/fill{i}")).unwrap(), vec![i as u8; 9000]);
    }
    fs.remove(&mut host, "/fill0").unwrap();
    put(&mut fs, &mut host, "/new", &[1; 5000]).unwrap();
}

#[test]
fn many_files_in_one_folder() {
    let mut host = Host::new(64);
    Lfs::format(&mut host).unwrap();
    let mut fs = Lfs::mount(&mut host).unwrap();
    for i in 0..300 {
        put(&mut fs, &mut host, &format!("/{i}"), b"").unwrap();
    }
    assert_eq!(names(&mut fs, &mut host, "/").len(), 300);
    assert!(get(&mut fs, &mut host, "/299").unwrap().is_empty());
}

/// What the power-cut test does: replaces, appends, makes, renames, removes.
fn work(fs: &mut Lfs, host: &mut Host) -> FsResult {
    for round in 0..4u8 {
        put(fs, host, "/log", &[round; 6000])?;
        put(fs, host, &format!("/small{round}"), &[round; 40])?;
        fs.mkdir(host, &format!("/dir{round}"))?;
        fs.rename(host, &format!("/small{round}"), &format!("/dir{round}/moved"))?;
        let file = fs.open(host, "/grow", OpenMode { append: true, truncate: false, ..OpenMode::REPLACE })?;
        let wrote = fs.write(host, file, &[round; 700]);
        let synced = fs.sync(host, file);
        let closed = fs.close(host, file);
        wrote?;
        synced?;
        closed?;
    }
    fs.remove(host, "/dir0/moved")?;
    fs.remove(host, "/dir0")
}

#[test]
fn mounts_again_whenever_the_power_fails() {
    let mut cut = 0;
    loop {
        let (mut host, mut fs) = board();
        put(&mut fs, &mut host, "/keep", &[9; 2500]).unwrap();
        host.flash_fuse = Some(cut);
        let finished = work(&mut fs, &mut host).is_ok();
        // The power is gone: what was in RAM is lost, nothing is closed.
        drop(fs);
        (host.flash_fuse, host.flash_dead) = (None, false);
        let mut fs = Lfs::mount(&mut host).unwrap_or_else(|e| panic!("cut {cut}: {e}"));
        assert_eq!(get(&mut fs, &mut host, "/keep").unwrap(), [9; 2500], "cut {cut}");
        if let Ok(log) = get(&mut fs, &mut host, "/log") {
            let whole = log.is_empty() || (log.len() == 6000 && log.iter().all(|&b| b == log[0]));
            assert!(whole, "cut {cut}: a file is the old or the new one");
        }
        if let Ok(grown) = get(&mut fs, &mut host, "/grow") {
            assert_eq!(grown.len() % 700, 0, "cut {cut}");
        }
        for round in 0..4u8 {
            let at = [format!("/small{round}"), format!("/dir{round}/moved")];
            let there: Vec<_> = at.iter().filter(|p| fs.stat(&mut host, p).is_ok()).collect();
            assert!(there.len() <= 1, "cut {cut}: a file moved is not in two places");
        }
        // And it still works.
        put(&mut fs, &mut host, "/after", &[1; 5000]).unwrap_or_else(|e| panic!("cut {cut}: {e}"));
        assert_eq!(get(&mut fs, &mut host, "/after").unwrap(), [1; 5000]);
        if finished {
            break;
        }
        cut += 1;
    }
    assert!(cut > 50, "the fuse was tried at {cut} operations");
}
