//! Tests of the image loader on files that are built byte by byte.

use super::*;
use alloc::vec;
use alloc::vec::Vec;
use proptest::prelude::*;

/// A small executable file: one segment for all of the file, and 0x100 bytes beyond.
fn image() -> Vec<u8> {
    let mut file = vec![0_u8; 0x200];
    let len = file.len() as u64;
    file[..4].copy_from_slice(b"\x7fELF");
    file[4..7].copy_from_slice(&[2, 1, 1]);
    put(&mut file, 16, &TYPE_EXECUTABLE.to_le_bytes());
    put(&mut file, 18, &MACHINE_X86_64.to_le_bytes());
    put(&mut file, 24, &(IMAGE_ADDRESS + 0x180).to_le_bytes());
    put(&mut file, 32, &64_u64.to_le_bytes());
    put(&mut file, 54, &56_u16.to_le_bytes());
    put(&mut file, 56, &2_u16.to_le_bytes());
    program_header(&mut file, 0, SEGMENT_LOAD, [0, IMAGE_ADDRESS, len, len + 0x100]);
    program_header(&mut file, 1, SEGMENT_THREAD_LOCAL, [0x180, IMAGE_ADDRESS + 0x180, 8, 16]);
    file
}

fn program_header(file: &mut [u8], index: usize, kind: u32, [offset, address, file_bytes, memory_bytes]: [u64; 4]) {
    let at = 64 + index * 56;
    put(file, at, &kind.to_le_bytes());
    for (field, value) in [(8, offset), (16, address), (32, file_bytes), (40, memory_bytes), (48, 8)] {
        put(file, at + field, &value.to_le_bytes());
    }
}

fn put(file: &mut [u8], offset: usize, bytes: &[u8]) {
    file[offset..offset + bytes.len()].copy_from_slice(bytes);
}

fn parse_error(change: impl FnOnce(&mut Vec<u8>)) -> ImageError {
    let mut file = image();
    change(&mut file);
    Image::parse(&file).unwrap_err()
}

#[test]
fn an_image_is_copied_and_the_rest_of_its_memory_cleared() {
    let file = image();
    let image = Image::parse(&file).unwrap();
    assert_eq!(image.memory_bytes(), file.len() as u64 + 0x100);
    assert_eq!(image.entry_offset(), 0x180);
    assert_eq!(image.thread_local(), Some(ThreadLocal { offset: 0x180, file_bytes: 8, memory_bytes: 16, align: 8 }));
    let mut memory = vec![0xaa; file.len() + 0x100];
    image.load(&mut memory).unwrap();
    assert!(memory[file.len()..].iter().all(|byte| *byte == 0));
    assert_eq!(memory[..file.len()], file);
}

#[test]
fn a_damaged_file_is_refused_with_the_reason() {
    assert_eq!(Image::parse(b"#!/bin/sh").unwrap_err(), ImageError::NotElf);
    assert_eq!(Image::parse(b"").unwrap_err(), ImageError::NotElf);
    assert_eq!(parse_error(|file| file.truncate(40)), ImageError::Truncated);
    assert_eq!(parse_error(|file| file.truncate(0x1f0)), ImageError::Truncated);
    assert_eq!(parse_error(|file| file[4] = 1), ImageError::WrongMachine);
    assert_eq!(parse_error(|file| file[18] = 3), ImageError::WrongMachine);
    assert_eq!(parse_error(|file| file[16] = 3), ImageError::WrongPlace);
    assert_eq!(parse_error(|file| put(file, 64 + 16, &0x20_0000_u64.to_le_bytes())), ImageError::WrongPlace);
    assert_eq!(parse_error(|file| put(file, 24, &0x180_u64.to_le_bytes())), ImageError::BadEntry);
    assert_eq!(parse_error(|file| put(file, 24, &u64::MAX.to_le_bytes())), ImageError::BadEntry);
    assert_eq!(parse_error(|file| put(file, 56, &0_u16.to_le_bytes())), ImageError::BadSegments);
    assert_eq!(parse_error(|file| put(file, 64 + 40, &u64::MAX.to_le_bytes())), ImageError::BadSegments);
}

#[test]
fn an_image_that_wants_a_dynamic_linker_is_refused() {
    let error = parse_error(|file| program_header(file, 1, SEGMENT_DYNAMIC, [0x100, IMAGE_ADDRESS + 0x100, 16, 16]));
    assert_eq!(error, ImageError::DynamicallyLinked);
}

#[test]
fn memory_of_another_length_is_refused() {
    let file = image();
    assert_eq!(Image::parse(&file).unwrap().load(&mut [0; 16]), Err(ImageError::BadSegments));
}

proptest! {
    #[test]
    fn no_damage_makes_the_loader_fail_otherwise(
        changes in proptest::collection::vec((0_usize..0x200, any::<u8>()), 1..12),
        len in 0_usize..0x240,
    ) {
        let mut file = image();
        for (offset, value) in changes {
            if let Some(byte) = file.get_mut(offset) {
                *byte = value;
            }
        }
        file.truncate(len);
        if let Ok(image) = Image::parse(&file)
            && image.memory_bytes() < 1 << 20
        {
            let mut memory = vec![0; image.memory_bytes() as usize];
            let _ = image.load(&mut memory);
        }
    }
}
