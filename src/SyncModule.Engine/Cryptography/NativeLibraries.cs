using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace SyncModule.Engine.Cryptography;

/// <summary>
/// Finds libsodium and libzstd under the names that systems give them. The one resolver of this assembly; a library that cannot be
/// loaded is <see cref="SyncErrors.NativeLibraryMissing"/> at the call that needs it, and a later call tries again.
/// </summary>
internal static class NativeLibraries
{
    /// <summary>Name in the import declarations of <see cref="SodiumNative"/>.</summary>
    public const string Sodium = "libsodium";

    /// <summary>Name in the import declarations of <see cref="ZstdNative"/>.</summary>
    public const string Zstd = "libzstd";

    private static readonly Lock Gate = new();
    private static nint _sodium;
    private static nint _zstd;

    // Versioned names first: the plain .so belongs to development packages and may point anywhere.
    internal static IReadOnlyList<string> CandidatesFor(string library, OSPlatform platform) => library switch
    {
        Sodium when platform == OSPlatform.Windows => ["libsodium.dll", "sodium.dll"],
        Sodium when platform == OSPlatform.OSX => ["libsodium.dylib", "/opt/homebrew/lib/libsodium.dylib", "/usr/local/lib/libsodium.dylib", "libsodium.26.dylib", "libsodium.23.dylib"],
        Sodium => ["libsodium.so.23", "libsodium.so.26", "libsodium.so"],
        Zstd when platform == OSPlatform.Windows => ["libzstd.dll", "zstd.dll"],
        Zstd when platform == OSPlatform.OSX => ["libzstd.dylib", "/opt/homebrew/lib/libzstd.dylib", "/usr/local/lib/libzstd.dylib", "libzstd.1.dylib"],
        Zstd => ["libzstd.so.1", "libzstd.so"],
        _ => [],
    };

    /// <summary>
    /// Where packages put the natives of this system, below the folder of this assembly: <c>build.ps1 Pack -NativePath</c> fills it for
    /// systems whose users cannot install them. Looked into before the system's own places, so that what was packed is what runs.
    /// </summary>
    internal static string PackedFolder(string assemblyFolder) => Path.Combine(assemblyFolder, "runtimes", RuntimeInformation.RuntimeIdentifier, "native");

    /// <summary>Loads the first candidate that is there. Throws <see cref="SyncErrors.NativeLibraryMissing"/> when none is.</summary>
    /// <param name="library">Its name for people.</param>
    /// <param name="candidates">File names or paths, best first.</param>
    /// <param name="packed">A folder to look into first; null = none.</param>
    internal static nint Load(string library, IReadOnlyList<string> candidates, string? packed = null)
    {
        foreach (string name in candidates)
        {
            if (packed is not null && NativeLibrary.TryLoad(Path.Combine(packed, name), out nint own)) return own;
        }

        foreach (string name in candidates)
        {
            // Beside the module first, then where the system looks; never the current folder.
            if (NativeLibrary.TryLoad(name, typeof(NativeLibraries).Assembly, DllImportSearchPath.AssemblyDirectory | DllImportSearchPath.SafeDirectories, out nint handle))
                return handle;
        }

        throw SyncErrors.NativeLibraryMissing.With($"{library} could not be loaded (looked for {string.Join(", ", candidates)})");
    }

    [ModuleInitializer]
    internal static void Register() => NativeLibrary.SetDllImportResolver(typeof(NativeLibraries).Assembly, Resolve);

    internal static OSPlatform Platform =>
        OperatingSystem.IsWindows() ? OSPlatform.Windows : OperatingSystem.IsMacOS() ? OSPlatform.OSX : OSPlatform.Linux;

    // Zero = the runtime's own search, for every other library (libc).
    private static nint Resolve(string name, Assembly assembly, DllImportSearchPath? searchPath)
    {
        if (!string.Equals(name, Sodium, StringComparison.Ordinal) && !string.Equals(name, Zstd, StringComparison.Ordinal)) return 0;
        string packed = PackedFolder(Path.GetDirectoryName(assembly.Location) is { Length: > 0 } folder ? folder : AppContext.BaseDirectory);
        lock (Gate)
        {
            if (string.Equals(name, Zstd, StringComparison.Ordinal))
            {
                if (_zstd == 0) _zstd = Load(Zstd, CandidatesFor(Zstd, Platform), packed);
                return _zstd;
            }

            if (_sodium == 0)
            {
                nint handle = Load(Sodium, CandidatesFor(Sodium, Platform), packed);
                InitializeSodium(handle);
                _sodium = handle;
            }

            return _sodium;
        }
    }

    // Here, so that no other function of the library can be called before it.
    private static unsafe void InitializeSodium(nint handle)
    {
        if (!NativeLibrary.TryGetExport(handle, "sodium_init", out nint init) || ((delegate* unmanaged[Cdecl]<int>)init)() < 0)
            throw SyncErrors.NativeLibraryMissing.With("libsodium was found but cannot be used");
    }
}
